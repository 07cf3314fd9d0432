"""The names that loggers, inverters and meters give to their columns, and what the names mean.

Sources: the column names in the exports and manuals of Victron (VRM, VE.Direct), EPEVER, SMA (Sunny Explorer,
Sunny Portal, SBFspot), Fronius Solar.web, SolarEdge, Enphase, Growatt, Huawei FusionSolar, Sungrow
iSolarCloud and Campbell Scientific; the signals of SunSpec (models 101 to 160), PVOutput and SAM; IEC 61724-1
for symbols; and the words for voltage, current, temperature, power and energy in two dozen languages.

Names are compared by `normal`: without case, blanks and separators.
"""

import functools
import re
from typing import Final

from processing.model.channels import CHANNELS
from processing.naming.flows import PER_AREA, RATES

_SEPARATORS = re.compile(r"[\s_\-./:#'\"*]+")


@functools.lru_cache(maxsize=8192)
def normal(name: str) -> str:
    """Return a name as it is compared: without case, blanks and separators."""
    return _SEPARATORS.sub("", name.casefold())


@functools.lru_cache(maxsize=256)  # the files of a device have one header
def places_named(names: tuple[str, ...], known: frozenset[str]) -> tuple[int, ...]:
    """Return the places of the names of columns that are among known ones, also with a unit in brackets."""
    return tuple(at for at, name in enumerate(names) if {normal(name), normal(name.split("(")[0])} & known)


def _names(text: str) -> frozenset[str]:
    return frozenset(normal(name) for name in text.split(","))


def kind_by_name(texts: dict[str, str]) -> dict[str, str]:
    """Return the kind of each name in lists of names with commas between, by kind."""
    return {name: kind for kind, text in texts.items() for name in _names(text)}


CHANNEL_OF: Final = {normal(name): name for name in CHANNELS} | kind_by_name(
    {
        "voltage": """
            voltage, volt, volts, u, v, udc, vdc, upv, vpv, dc voltage, voltage dc, dc volts, pv
            volt, pv voltage, voltage pv, pv volts, panel voltage, solar voltage, solar panel
            voltage, array voltage, pv array voltage, string voltage, input voltage, pv input
            voltage, dc input voltage, pv v, pv u, solar v, panel v, ppv voltage, spannung, dc
            spannung, pv spannung, solarspannung, spannung dc, tension, tension pv, tension dc,
            tensione, tensione dc, spanning, voltaje, tension cc, voltaje dc, tensao, napiecie,
            jannite, spænding, napięcie, napětí, spänning, feszültség, tensiune, tegangan,
            voltase, gerilim, voltaj, напряжение, напруга, напон, napon, napetost, τάση, điện
            áp, 電圧, 전압, 电压, 電壓, 电压值
        """,
        "current": """
            current, amps, amp, ampere, amperes, i, a, idc, ipv, adc, dc current, current dc, dc
            amps, pv current, current pv, pv amp, pv amps, panel current, solar current, solar
            panel current, array current, pv array current, string current, input current, pv
            input current, dc input current, pv i, solar i, panel i, strom, dc strom, pv strom,
            solarstrom, strom dc, stromstärke, courant, courant pv, courant dc, intensite,
            corrente, corrente dc, stroom, corriente, corriente dc, intensidad, natezenie, prad,
            strøm, prąd, proud, ström, áram, curent, arus, akim, ток, сила тока, струм, struja,
            tok, ρεύμα, dòng điện, 電流値, 전류, 电流, 電流
        """,
        "temperature": """
            temperature, temp, temperatur, temperatura, température, temperatuur, teplota, lampötila,
            module temperature, module temp, tmod, panel temperature, panel temp, pv temperature, cell
            temperature, tcell, modultemperatur, zelltemperatur, back of module temperature, tempc, tempf,
            t, suhu, sicaklik, температура, temperatură, hőmérséklet, nhiệt độ, 温度, 온도
        """,
        "power": """
            pv p, pv w, solar p, solar w, panel p, panel w, average power, avg power, mean power, power
            avg, power mean, wattage, avg wattage, powerw, real power, true power, apower, act power, total
            act power, power, watt, watts, w, p, pdc, ppv, p ac, pv power, power pv, dc power, power dc, ac
            power, power ac, solar power, solar panel power, panel power, array power, pv array power,
            input power, pv input power, dc input power, output power, ac output power, active power,
            active power output, total active power, total power, inverter power, inverter output power, pv
            output power, pv production power, production power, generation power, generated power, current
            power, instantaneous power, now power, power now, real time power, power output, power
            generation, power generated, system power generated, pv generation power, pac tot, pac total,
            total ac power, system production, leistung, wirkleistung, dc leistung, ac leistung, leistung
            ac, leistung dc, pv leistung,
            solarleistung, erzeugungsleistung, pv erzeugungsleistung, puissance, puissance pv, puissance
            ac, puissance dc, puissance active, potenza, potenza ac, potenza dc, vermogen, pv vermogen,
            potencia, potencia ac, potencia activa, potência, moc, teho, effekt, výkon, vykon,
            teljesítmény, putere, daya, güç, guc, мощность, потужність, мощност, снага, snaga, moč, galia,
            jauda, võimsus, ισχύς, công suất, 電力, 発電電力, 전력, 출력, 功率, 有功功率, 发电功率,
            發電功率, القدرة
        """,
        "energy": """
            energy, energy per interval, total, etotal, total energy, energy total, total yield, yield, yield
            total, meter, counter, counter total, energy counter, lifetime energy, energy lifetime, lifetime
            production, lifetime yield, cumulative energy, energy produced, energy production, energy yield,
            pv energy, solar energy, solar production, pv production, pv generation, production, energy
            generated, generated energy, total generation, total production, total energy production, total
            energy generated, eac, eac total, epv, epv total, wh, kwh, total kwh, energie, gesamtertrag,
            gesamtenergie, ertrag, zählerstand, zaehlerstand, erzeugung, pv erzeugung, energie produite,
            production totale, énergie, opbrengst, totale opbrengst, energia, energía, energi, enerji,
            энергия, выработка, генерация, енергія, генерація, виробіток, ενέργεια, năng lượng, 電力量,
            발전량, produzione, energia prodotta, energia producida, produccion, 电量, 电能, 发电量, 發電量,
            発電量, 累计发电量, الطاقة
        """,
    }
)
"""The channel that a normal name means; names of batteries, loads and grids are not among them."""

FULL_TIME_NAMES: Final = _names(
    """
    timestamp, datetime, date and time, datum zeit, datum uhrzeit, datum und zeit, datum und
    uhrzeit, zeitstempel, zeitpunkt, zeitraum, date heure, date et heure, horodatage, fecha hora,
    fecha y hora, data ora, data e ora, data hora, datum tijd, tijdstip, tijdstempel, czas, aika,
    tid, local time, local timestamp, time local, utc, utc time, time utc, timestamp utc, utc
    timestamp, datetime utc, created at, last changed, last updated, recorded at, logged at, time
    period, sample time, statistical period, mtu, unix, unixtime, unix timestamp, epoch, epoch
    time, ts, dt, tmstamp, 时间, 时间戳, 采集时间, 数据时间, 日期时间, 日時, 計測日時
    """
)
"""Columns that hold a date and a time of day."""

TIME_NAMES: Final = _names(
    """
    time, zeit, uhrzeit, heure, hora, ora, tijd, clock, time of day, start time, interval start, period
    start, hh:mm, hh:mm:ss, waktu, jam, saat, час, время, čas, idő, godzina, 时刻, 時刻, 시간
    """
)
"""Columns that hold a time of day, or a date with it."""

DATE_NAMES: Final = _names(
    """
    date, datum, day, tag, fecha, data, jour, dato, päivä, tanggal, tarih, дата, dátum, ngày,
    날짜, 日付, dd/mm/yyyy, mm/dd/yyyy, 日期
    """
)
"""Columns that hold a date, or a time of day with it."""

BEGIN_WORDS: Final = _names(
    """
    start, started, starting, begin, beginning, from, since, von, ab, vanaf, van, od, da, de, du, desde,
    inicio, inizio,
    debut, début, alku, alkuaika, fra, från
    """
)
"""Words for the beginning of an interval."""

END_WORDS: Final = _names(
    """
    end, ended, ending, finish, stop, until, till, to, bis, tot, do, a, al, alle, hasta, fin, fine, fim,
    loppu, lopetusaika, päättymisaika, til,
    slut, ende
    """
)
"""Words for the end of an interval."""

TARIFF_WORDS: Final = _names(
    """
    low, normal, high, day, night, peak, off, on, mid, shoulder, laag, hoog, dal, normaal, piek, nacht,
    dag, avond, tag, ht, nt, hp, hc, jour, nuit, creuses, pleines, valle, punta, llano, bassa, alta
    """
)
"""Words for the tariffs of a meter."""

NOTE_NAMES: Final = _names("note, notes, comment, comments, remark, remarks, bemerkung, bemerkungen, hinweis")
"""Columns of text at the end of a header, whose cells rows may lack."""

DEVICE_NAMES: Final = _names(
    """
    device, device id, device name, device sn, serial, serial number, sn, inverter, inverter id,
    inverter sn, inverter serial, inverter serial number, inverter name, wechselrichter, gerät,
    geraet, logger, logger id, data logger sn, plant, plant name, plant id, site, site id, station,
    station name, sensor, sensor id, sensor name, source key, source, unit id, node, node id,
    channel, panel, panel id, module id, string, string id, name, manageobject, mac, mac address,
    meter id, appareil, onduleur, dispositivo, inversor, apparaat, omvormer, host, ean, ean code,
    gsrn, mpan, nmi, cups, pod, 设备, 设备名称, 逆变器, address, device address, modbus address, bus address,
    slave, slave id, slave address, inverter no, inverter nr, inverter number, inverter address,
    device no, device nr, device number, dev id, wr, wr nr, wechselrichter nr, adresse,
    geräteadresse, geräte nr, gerätenummer, seriennummer, numéro de série, numero de serie, número
    de serie, serienummer, numero di serie, topic
    """
)
"""Columns that name the devices of a file."""

UNIT_NAMES: Final = _names(
    """
    unit, units, uom, unit of measure, unit of measurement, measurement unit, einheit, einheiten,
    messeinheit, unité, unite, unidad, unidade, unità, eenheid, enhet, enhed, jednostka, jednotka,
    yksikkö, mértékegység, 单位, 単位
    """
)
"""Columns that state the unit of each row."""

FACTOR_NAMES: Final = _names(
    """
    factor, faktor, facteur, fattore, fator, kerroin, multiplier, multiplikator, multiplicador,
    multiplicateur, moltiplicatore, scale factor, scaling factor, conversion factor, ct ratio,
    ct factor, meter factor, meter multiplier, transformer ratio, wandlerfaktor, zählerfaktor,
    umrechnungsfaktor, vermenigvuldigingsfactor, omrekenfactor, facteur multiplicateur
    """
)
"""Columns of the factor by which the readings beside them are multiplied."""

POWER_FACTOR_NAMES: Final = _names(
    """
    power factor, pf, cos phi, cos φ, cos, leistungsfaktor, facteur de puissance, factor de potencia,
    fattore di potenza, arbeidsfactor, effektfaktor
    """
)
"""Columns of the share of V · I that is power."""

SOURCE_NAMES: Final = _names(
    """
    solar, pv, photovoltaic, photovoltaics, pv system, pv array, solar panel, solar panels, panel,
    panels, array, solar pv, pv solar, generated, produced, generation, production, total generation,
    pv energy produced, photovoltaik, fotovoltaik, pv anlage, solaranlage, produktion, pv produktion,
    solarproduktion, solarertrag, pv ertrag, gesamtanlage, total system, photovoltaique, solaire,
    panneaux, panneaux solaires, production solaire, fotovoltaico, fv, fotovoltaica, solare, opwek,
    zonnepanelen, ogniwa fotowoltaiczne, solceller, fve, 太陽光, 太陽光発電, 光伏
    """
)
"""What produces power and energy; the unit says which of the two a column holds."""

ROW_NUMBER_NAMES: Final = _names(
    """
    entry id, id, index, idx, no, nr, number, row, rn, record, record num, record number, record no,
    recno, sample, scan, scan number, count, counter, seq, sequence, n, #
    """
)
"""Columns that number the rows."""

LONG_NAMES: Final = _names(
    """
    entity id, entity, statistic id, _field, metric, measurement, parameter, variable, quantity, key,
    tag name, signal, point, point name, register, topic, attribute, attribute name, property, metric
    name, measurement name, parameter name, variable name, value type, reading type, measurement type
    """
)
"""Columns that say what was read, in a file with one reading a row."""

VALUE_NAMES: Final = _names(
    """
    value, state, val, reading, wert, valeur, valor, mean, payload
    """
)
"""Columns that hold what was read, in a file with one reading a row."""

FOOTERS: Final = _names(
    """
    total, totals, sum, summe, gesamt, average, avg, mean, mittelwert, durchschnitt, max, maximum,
    min, minimum, median, std, count, somme, moyenne, totale, media, suma, promedio, totaal,
    gemiddelde, subtotal, grand total
    """
)
"""Words in the place of the time in a row that is no reading."""

_SIDE = r"(?:dc|ac|pv|batt?|mpp|load|tot)(?![a-z])"
_RESEMBLES: Final = (
    (
        "voltage",
        re.compile(
            r"(?<!to)volt|spannung|tension|spanning|voltaje|(?<![a-z])[uv] ?(?:in|out)(?![a-z])"
            rf"|(?<![a-z])[uv] ?(?:{_SIDE}|\d(?!\w))"
        ),
    ),
    (
        "current",
        re.compile(
            r"(?<!con)current(?!ly)|\bamps?\b|ampere|strom\b|courant|corrente|corriente|stroom"
            rf"|(?<![a-z])i ?(?:{_SIDE}|\d(?!\w))|(?<![a-z])[ci] ?(?:in|out)(?![a-z])"
        ),
    ),
    (
        "power",
        re.compile(
            r"power(?! ?factor)|watt(?!hour|h)|leistung|puissance|potenza|vermogen|potencia"
            rf"|(?<![a-z])[pw] ?(?:{_SIDE}|\d(?!\w))|(?<![a-z])p ?(?:in|out|gen)(?! ?[a-z])"
        ),
    ),
    (
        "energy",
        re.compile(r"(?<!reactive )energ|yield|ertrag|[kmg]?wh\b|production|generation|erzeugung"),
    ),
    ("temperature", re.compile(r"temperat|\btemp\b|temp[_ ]")),
)
"""Patterns of names that the table above does not have; the first that fits gives the channel."""


def channel_by_word(name: str) -> str | None:
    """Return the channel that a word in a name means, or None; prices and light on an area are none."""
    text = name.casefold().replace("_", " ")
    if RATES.search(text) is not None or PER_AREA.search(text) is not None:
        return None
    return next((channel for channel, pattern in _RESEMBLES if pattern.search(text)), None)
