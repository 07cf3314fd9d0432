"""The names of the months in the languages of logger makers, also as they stand behind a day.

Names that mean different months in two of these are left out, such as listopada (Polish and Croatian).
"""

_NAMES = """
jan january januar januari janvier enero gennaio janeiro ene gen stycznia ledna ocak ianuarie января янв \
січня sty tammikuuta janúar január ιαν ιανουαρίου oca led ian
feb february februar februari février fev febrero febbraio fevereiro févr fév lutego února şubat februarie \
февраля фев лютого lut helmikuuta febrúar február febr φεβ φεβρουαρίου şub úno
mar march märz mär maart mrt mars marzo março marca března mart martie марта мар березня maaliskuuta \
március márc μαρ μαρτίου bře már
apr april avril abril aprile avr abr kwietnia dubna nisan aprilie апреля апр квітня kwi huhtikuuta apríl \
április ápr απρ απριλίου nis dub
may mai mei mayo maggio maio mag maj maja května mayıs мая май травня toukokuuta maí május máj μαΐ μαΐου \
kvě
jun june juni juin junio giugno junho giu czerwca června haziran iunie июня июн червня cze kesäkuuta júní \
június jún ιουν ιουνίου haz čvn iun
jul july juli juillet julio luglio julho juil lug lipca července temmuz iulie июля июл липня heinäkuuta \
júlí július júl ιουλ ιουλίου tem čvc iul
aug august augustus août aou agosto ago aoû sierpnia srpna ağustos августа авг серпня sie elokuuta ágúst \
augusztus αυγ αυγούστου ağu
sep sept september septembre septiembre settembre setembro set września září eylül septembrie сентября сен \
сент вересня wrz syyskuuta szeptember szept σεπ σεπτεμβρίου eyl zář
oct october oktober okt octobre octubre ottobre outubro ott out października října ekim octombrie октября \
окт жовтня paź lokakuuta október οκτ οκτωβρίου eki říj
nov november novembre noviembre novembro listopadu kasım noiembrie ноября ноя листопада marraskuuta \
nóvember νοε νοεμβρίου kas
dec december dezember dez décembre déc diciembre dicembre dezembro dic grudnia prosince aralık decembrie \
декабря дек грудня gru joulukuuta des desember δεκ δεκεμβρίου ara pro
"""  # noqa: RUF001 - Greek letters
"""A line for each month."""

MONTHS = {
    name: str(number) for number, names in enumerate(_NAMES.split("\n")[1:], 1) for name in names.split()
}
"""The numbers of the months by their names, in lower case and without a dot."""
