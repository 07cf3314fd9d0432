"""The ways to write units, in several languages, and what some of them mean; `units` reads them.

A point stands for each sign of a multiplication: `kW.h` is also `kW·h`.
"""

from typing import Final

ALIASES: Final = {
    "V": "\u0412,вольт,伏,伏特,ボルト,V dc,Vdc,VDC,V DC,Volt,Volts",
    "mV": "мВ,毫伏,mv,millivolt,millivolts",
    "kV": "кВ,千伏,kilovolt,kilovolts",
    "A": "\u0410,ампер,安,安培,アンペア,Adc,ADC,A DC,A dc,Amp,Amps,Ampere,Amperes",
    "mA": "мА,毫安,ma,milliamp,milliamps,milliampere,milliamperes",
    "°C": "град,摄氏度,攝氏度,ºC,℃,˚C,degC,deg C,degreeC,degree C,degrees C,deg. C,deg_C,Celsius,"
    "degree Celsius,degrees Celsius,Grad C,Grad Celsius,oC",
    "°F": "ºF,℉,˚F,degF,deg F,degreeF,degree F,degrees F,deg. F,deg_F,Fahrenheit,degree Fahrenheit,oF,"
    "degrees Fahrenheit",
    "K": "Kelvin",
    "W": "Wh/h,Вт,ватт,ват,瓦,瓦特,ワット,와트,Watt,Watts,Wattage,vatio,vatios,واط,Wdc,Wac,W DC,W AC",
    "mW": "мВт,毫瓦,milliwatt,milliwatts",
    "kW": "kWh/h,кВт,千瓦,キロワット,킬로와트,kilowatt,kilowatts,kWatt,kWatts,kilovatio,kilovatios,"
    "quilowatt,quilowatts,كيلوواط,كيلو واط",
    "MW": "MWh/h,МВт,兆瓦,メガワット,megawatt,megawatts",
    "Wh": "Вт.ч,Втч,Вт-ч,Вт ч,Вт.год,瓦时,瓦時,瓦.时,ワット時,Watthour,Watthours,watt hour,"
    "watt hours,watt-hours,Wattstunde,Wattstunden,W.h,W h,Whs,Whr,W-hr",
    "kWh": "кВт.ч,кВтч,кВт-ч,кВт ч,кВт.год,кВтг,度,千瓦时,千瓦時,千瓦.时,キロワット時,킬로와트시,"
    "kilowatthour,kilowatthours,kilowatt hour,kilowatt hours,kilowatt-hours,kW.h,kW h,kWhs,kWhr,"
    "kW-hr,Kilowattstunde,Kilowattstunden,kilowattheure,kilowattheures,kilowattora,kilowattuur,kilowattime,"
    "kilovatio hora,kilovatios hora,kilovatio-hora,quilowatt-hora,quilowatts-hora,كيلوواط ساعة",
    "J": "Joule,Joules",
    "GW": "ГВт,吉瓦,gigawatt,gigawatts",
    "GWh": "ГВт.ч,ГВтч,吉瓦时,GW.h,gigawatthour,gigawatthours,gigawatt hour,gigawatt hours,gigawatt-hours",
    "MWh": "МВт.ч,МВтч,МВт-ч,МВт ч,МВт.год,兆瓦时,兆瓦時,MW.h,MW h,MWhs,MWhr,megawatthour,"
    "megawatthours,megawatt hour,megawatt hours,megawatt-hours",
}
"""Other ways to write units."""

ELECTRICAL: Final = (
    "VA,kVA,MVA,var,VAr,kvar,kVAr,VAh,vars,varh,kvarh,Ah,mAh,kAh,GJ,Wmin,BTU,Btu,btu,BTU/h,hp,HP,PS,cal,kcal,"
    "TWh,µV,µA,kA,nA,nV"
)
OTHERS: Final = (
    "Hz,kHz,%,‰,% RH,%RH,m/s,km/h,mph,knots,kt,bar,mbar,Pa,hPa,kPa,psi,mmHg,inHg,mm,cm,m,km,mm/h,g,kg,lb,"
    "l,litre,litres,liter,liters,l/min,l/h,l/s,lpm,kg/s,kg/h,m3,m³,m3/h,m³/h,m3/s,m³/s,gpm,cfm,"
    "gal,gallons,therm,therms,s,sec,ms,min,h,hours,Ω,ohm,kΩ,MΩ,lux,lx,klx,°,deg,dB,dBm,kWh/kW,EUR,€,USD,$,rpm,pH,ppm"
)
"""Units of no channel, of electricity, heat and work, and of other things."""

MULTIPLES: dict[str, tuple[str, tuple[float, ...]]] = {
    prefix + unit: (unit, (scale,))
    for prefix, scale in {"da": 10.0, "d": 0.1, "c": 0.01, "h": 100.0}.items()
    for unit in ("V", "A", "W")
}
MULTIPLES |= {
    "hp": ("W", (745.699872, 735.49875)),
    "PS": ("W", (735.49875,)),
    "kcal/h": ("W", (1.163,)),
    "µW": ("W", (1e-6,)),
    "Wh/min": ("W", (60.0,)),
    "kWh/min": ("kW", (60.0,)),
    "Wmin": ("Wh", (1 / 60,)),
    "GJ": ("MJ", (1e3,)),
    **dict.fromkeys(("mWh", "mwh"), ("Wh", (1e-3, 1e6))),
}
MULTIPLES |= {
    "HP": MULTIPLES["hp"],
    **dict.fromkeys(("BTU/h", "Btu/h", "btu/h", "BTU/hr"), ("W", (0.293071,))),
}
"""Prefixes of volts, amperes and watts that are rare outside of registers, and multiples of units.

Horsepower may be the British or the metric one, and m a sloppy M.
"""

MEANT: Final = {
    "VA": ("W", 1.0),
    "kVA": ("kW", 1.0),
    "MVA": ("MW", 1.0),
    "µV": ("V", 1e-6),
    "µA": ("A", 1e-6),
}
"""What else may be meant by a unit of power, energy, voltage or current, with a factor."""

OF_EITHER_CASE: Final = {"mw": "power", "mwh": "energy"}
"""The channels of units in one case or another, which may be milliwatts or megawatts."""
