"""The names of the months in the languages of logger makers, also as they stand behind a day."""

_NAMES = """
jan january januar januari janvier enero gennaio janeiro ene gen stycznia ledna ocak ianuarie января янв \
січня
feb february februar februari février fev febrero febbraio fevereiro févr fév lutego února şubat \
februarie февраля фев лютого
mar march märz mär maart mrt mars marzo março marca března mart martie марта мар березня
apr april avril abril aprile avr abr kwietnia dubna nisan aprilie апреля апр квітня
may mai mei mayo maggio maio mag maj maja května may\u0131s мая май травня
jun june juni juin junio giugno junho giu czerwca června haziran iunie июня июн червня
jul july juli juillet julio luglio julho juil lug lipca července temmuz iulie июля июл липня
aug august augustus août aou agosto ago aoû sierpnia srpna ağustos августа авг серпня
sep sept september septembre septiembre settembre setembro set września září eylül septembrie сентября \
сен сент вересня
oct october oktober okt octobre octubre ottobre outubro ott out października října ekim octombrie \
октября окт жовтня
nov november novembre noviembre novembro listopadu kas\u0131m noiembrie ноября ноя листопада
dec december dezember dez décembre déc diciembre dicembre dezembro dic grudnia prosince \
aral\u0131k decembrie декабря дек грудня
"""
"""A line for each month."""

MONTHS = {
    name: str(number) for number, names in enumerate(_NAMES.split("\n")[1:], 1) for name in names.split()
}
"""The numbers of the months by their names, in lower case and without a dot."""
