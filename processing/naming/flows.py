"""Words in the names of powers, energies, voltages and currents for where they flow, in several languages."""

import re
from typing import Final

_FLOWS: Final = (
    r"grid|netz|rete(?![a-z])|réseau|load|last|home(?!stead)|hous|haus|consum|verbrauch|verbruik|usage|forbru|förbruk|kulutus|demand|export|import"
    r"|feed|einspeis|bezug|bought|sold|(?<![a-z])use[ds]?(?![a-z])|consom|pr[ée]l[èe]v|soutir|afname|afgenomen"
    r"|teruglever|invoed|pobór|oddan|zużyc|spotřeb|odběr|fogyaszt|potroš|t[üu]ketim"
)
_BATTERY: Final = "batt|akku|accu|bater(?=[ií])|powerwall|storage|speicher|蓄電|[电電]池"
_HELD: Final = (
    r"(?<!re)stored|remaining|state of (?:charge|energy)|(?<![a-z])so[ce](?![a-z])|ladezustand|füllstand"
    r"|speicherinhalt|gespeichert|verbleib|rest(?:energie|kapazit|lading)|stockée|restante|almacenad|immagazzinat"
    r"|opgeslagen|resterend|(?:in|im|na|en|dans) (?:the )?(?:batt|akku|accu|speicher)"
)
_PARTIAL: Final = (
    rf"{_HELD}|{_BATTERY}|self|(?<![a-z])from (?:the )?(?:pv|solar)|direct|direkt|forecast|predict|expect"
    r"|target|theor|reactive|apparent|kwp|specific|spezif|max|(?<![a-z])min(?![a-z])|minim|peak|limit|(?<![a-z])rated|nominal|clear"
    r"|radiation|strahlung|irrad|setpoint|soll|curtail|(?<![a-z])loss|verlust|abregel|charg"
    r"|(?<!i)lade|ladung|wallbox|capacity|install|potential|available|heat(?!h)|therm|wärm|(?<!ve)gas(?!t)"
    r"|(?<![a-z])(?:(?:wind|hydro)(?:kraft|power|energ\w*)?|diesel|genset|bhkw|chp|nuclear|fossil|biomass)(?![a-z])"
    r"|balance|credit|saldo|guthaben|(?<![a-z])(?:left|level|reserve|buffer)(?![a-z])"
)
METERED: Final = re.compile(rf"{_FLOWS}|ele[ck]tri|quantit|^sum(?:me|a)?\b")
"""Words in the names of powers and energies of a meter, which may be those of a whole file."""

PLAIN: Final = re.compile(
    r"(?:(?:average|avg|mean|interval|hourly|daily|forward|latest|cumulative|lifetime|active|real|true|net|netto|total|aggregated?|overall"
    r"|combined|ac|site|plant|system|inverter|instantaneous|power|wattage|watts?|energy|value|reading|meter|measured|output|measurement|[kmg]?wh?|(?:mess)?wert|valeur|valor|waarde|värde"
    r"|valore|verdi|hodnota|wartość|érték|arvo)(?:[\s_.()\[\]-]|$)+)+"
)
"""The name of a power or an energy that only says that it was measured."""

PARTIAL: Final = re.compile(_PARTIAL)
"""Words in the names of powers and energies of a part, or of ones that were not measured."""

DERIVED: Final = re.compile(
    r"(?<![a-z])(?:std(?:ev|dev)?|sd|var(?:iance)?|deviation|delta|change|ramp|error|standby|residual|dp|cum\w*"
    r"|abweichung|änderung|differenz|écart|desviación|yesterday|gestern)(?![a-z])"
    r"|(?:last|previous|prev) (?:year|month|week|day)|(?:per|pro) (?:panel|module|modul|string)"
)
"""Words in the names of numbers that are made from powers, and are none."""

HELD: Final = re.compile(_HELD)
"""Words in the names of energies that are in a battery, and do not flow."""

OTHER_FLOWS: Final = re.compile(rf"{_FLOWS}|{_PARTIAL}")
"""Words in the names of powers and energies that are not what a plant makes."""

OTHER_DEVICES: Final = re.compile(
    rf"{_BATTERY}|grid|netz|mains|(?<![a-z])(?:load|hous|haus|home)|consum|verbrauch"
)
"""Words above the names of columns of other devices, in a header over two lines."""

SIDES: Final = {
    side: re.compile(pattern)
    for side, pattern in (
        ("panel", r"pv|panel|solar|array|mpp|string|photov|(?<![a-z])[uvicp]? ?(?:dc|in|input)(?![a-z])"),
        ("battery", rf"{_BATTERY}|(?<![a-z])[uvicp]? ?bat(?![a-z])"),
        ("grid", r"grid|netz|mains|(?<![a-z])[uvicp]? ?ac[rst]?(?![a-z])"),
        ("load", r"consum|verbrauch|(?<![a-z])[uvicp]? ?(?:load|last|out|output)(?![a-z])"),
    )
}
"""The sides of a plant. A voltage of one side and a current of another do not make a power."""

STRINGS: Final = re.compile(r"\d+|(?<=string )[a-z]\b|(?<=phase )[a-z]\b|(?<=ac)[rst]\b")
"""Numbers and letters of strings, trackers, devices and phases."""

TOTAL: Final = re.compile(
    r"total|gesamt|totaal|celkem|łącznie|(?<![a-z])[ep]?(?:tot|sum(?:me|a)?|ges)(?![a-z])"
)
"""A word in the name of the sum of other columns."""

OF_DEVICE: Final = re.compile(
    r"(?:(?<![^\W_])(?:number|num|no|nr|id|account|serial|channel)|(?-i:(?<=[a-z])(?:Number|No|Nr|I[dD])))(?![^\W_])",
    re.IGNORECASE,
)
"""Words in the names of columns that hold the number of a device or a contract."""

FROM_PLANT: Final = re.compile(r"(?:pv|solar)[ _-]?(?:to|nach|naar|vers|->|→)[ _-]?[a-z]")
"""The beginning of the name of what the plant gives to a consumer, the battery or the grid."""

TO_CONSUMER: Final = re.compile(rf"{FROM_PLANT.pattern}|(?:to|nach|naar|vers)[ _-][a-z]")
"""The beginning of the name of what goes to a consumer, the battery or the grid."""

OWN_USE: Final = re.compile(
    r"(?:self|own|direct)[ _-]?(?:consum|us)|(?:eigen|direkt)[ _-]?(?:verbr|nutz)|auto[ _-]?(?:cons|zu)"
    r"|(?:zelf|eigen|direct)[ _-]?verbr|egen ?(?:anv|förbr)"
)
FEED_IN: Final = re.compile(r"feed|einspeis|export|surplus|exced|immess|ceduta|injec|teruglever|invoed|inmat")
"""What is used where it is made, and the rest, which the grid takes."""

RETURNED: Final = re.compile(rf"{FEED_IN.pattern}|return|reverse|rück|2\.8\.\d|(?<![a-z])[ae]-(?![a-z\d])")
"""What flows from a meter to the grid."""

OF_PART_OR_DAY: Final = re.compile(rf"{FROM_PLANT.pattern}|day|tag|jour|heute|dag")
"""Words in the name of what a plant gives to one consumer, or of the total of each day so far."""

_PRODUCTION: Final = (
    r"prod(?!uct(?!ion))|generat(?!or)|erzeug|opwek|yield|ertrag"
    r"|gera[çc]|generaci|[üu]retim|v[ýy]rob|proizvod|(?<![a-z])termel|tuotanto|tuotettu|wytw[oa]rz"
)
MADE: Final = re.compile(rf"(?!.*(?:energ|total|gesamt|wh(?![a-z])|today|dai?ly|tag)).*(?:{_PRODUCTION})")
"""The name of what a plant makes, which may be a power or an energy."""

PRODUCED: Final = re.compile(
    rf"{_PRODUCTION}|solar|solair|pv|otovol|(?<![^\W_])fve?(?![^\W_])|zonnepane|solcell|太陽光|光伏"
)
"""Words in the names of energy that may also be power, and that is not a meter's total."""

PER_AREA: Final = re.compile(
    r"(?:(?<![a-z])(?:[kmg]?wh?|[kmg]?j|[uµ\u03bc]?mol)|watts?) ?"
    r"(?:(?:/|per[ _]) ?(?:c?m(?:\^|\*\*)?[2²]|㎡|sq[ ._]?(?:m|ft)|k?wp)|[ .·]?c?m ?\^?(?:-2|\u22122|⁻²))"
    r"|(?<![a-z])k?wh?m2(?![a-z\d])"
)
"""A unit of light on an area, or of a plant's rated power: `W/m²`, `W m-2`, `J/cm2`, `kWh/kWp`."""

DIRECTION: Final = re.compile(
    r"(?:to|from|into|out of|zum|vom|ins)[ _](?:the[ _])?(?:grid|netz)|(?:grid[ _])?(?:im|ex)port(?:ed)?"
    r"|in|out|(?:in|out)(?:flow|bound)|forward|reverse|positive|negative|predict(?:ed|ion)|prognose"
    r"|feed[- _]?in|consum(?:ed?|ption)|produc(?:ed?|tion)|generat(?:ed|ion)|purchased?"
    r"|buy|bought|sell|prelievo|immissione|soutirage|injection|afname|teruglevering|(?:\d-\d:)?[12]\.8\.\d(?:\*255)?"
    r"|sold|delivered|received|bezug|(?:netz)?einspeisung|lieferung|verbrauch|erzeugung|actual|forecast(?:ed)?"
)
"""What a cell says of the energy in its row: where it flows, or that it is only expected."""

RATES: Final = re.compile(
    r"price|prix(?![a-z])|preis|precio|prezzo|prijs|(?<![a-z])(?:pris|cena)(?![a-z])|kosten"
    r"|(?<![a-z])cost|coût|kostnad|co2|emission"
    r"|(?:(?<![a-z])(?:[kmg]?g|t|ct|eur|usd)|[$€£]) ?/ ?[kmg]?wh(?![a-z])"
    r"|(?<![a-z])(?:per|pro)[ _]?[kmg]?wh(?![a-z])"
)
"""Words in the names of prices and emissions, which may also have a unit of energy: `price_per_kwh`."""

NO_POWER: Final = re.compile(
    rf"{RATES.pattern}|{PER_AREA.pattern}|irrad|radiation|solar[ _]?rad|strahlung|insolation|pyranom"
    r"|ghi|dni|dhi|poa|humid|feuchte|(?<![a-z])(?:hum|rh|uv|w[sd])(?![a-z])|wind|rain|precip|press|druck|barom|temp"
    r"|zenith|azimut|elevation|angle"
    r"|latitude|longitude|cloud|snow|dew|frequen|frequenz|factor|hour(?!ly)|minute|second|month|year|day|week"
    r"|status|(?<!^)state|^state(?=.)|error|fault|code|soc|%|percent|prozent|pourcent|charges|invoice|timestep|duration|efficien|(?:\b|_)(?:gas|bill)(?:\b|_)|water"
    r"|(?:num(?:ber)?|counts?|income|revenue)(?![a-z])"
    r"|calor|lit(?:er|re)|m[3³](?![a-z\d])|(?<=[a-z])[_ ]?index|season|quarter"
    r"|(?<![a-z])(?:sin|cos)(?![a-z])|(?<![a-z])(?:lag|rolling)s?(?![a-z])|^is[_ ]"
)
"""Words in the names of columns of numbers that hold no power, also of what models are trained with."""
