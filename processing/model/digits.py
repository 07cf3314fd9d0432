"""What numbers show: their usual size, the resolution of a sensor, and digits that they lack."""

import math

from processing.model.flags import Floats, Integers, Mask, np

_ROUNDING = 1e-6
"""Rounding may make a number seem to have a further digit; this fraction of its unit is tolerated."""
_MAX_DIGITS, _MAX_ZEROS = 6, 3
"""The most decimals of a number, and zeros at its end, that are counted."""
_MIN_STEPS = 5
"""The fewest distances between values that show a step; the step is also at least this many last digits."""
_LACKING, _NARROW, _WIDE = 0.6, 4.0, 0.2
"""Numbers that lack a digit are below this share of their neighbours. With it, they fit these within so many
usual differences, or this share."""
_EVEN_TIMES, _EVEN_CHANCE, _CHANCE = 3.0, 0.02, 1e-3
"""If all others differ so many times less, the first chance is small enough; else the second."""
_TRIED = 5000
"""With so many numbers, chance is estimated."""
_WRAPPED, _EDGE = 0.6, 0.2
"""Shares of the highest number: the least change of an overflow, and where it begins and ends."""

_AROUND, _MUCH, _STANDS_OUT = 7, 0.1, 0.09
"""Numbers on another scale stand out by this power of ten from so many around them. These are at least this
share of the largest."""
_FEWEST, _OFTEN, _MOSTLY, _ALIKE = 3, 0.3, 0.9, 0.05
"""So many or more do, at most this share; and this share of them by the same power of ten, nearly."""
_PRECISE = 0.7
"""Of numbers with as many digits, more than this share do not end in a zero."""


def usual_magnitude(values: Floats) -> float:
    """Return the absolute value that 95 % of the readings do not exceed; 0 if there are none."""
    known = np.abs(values[~np.isnan(values)])
    return float(np.percentile(known, 95, method="lower")) if len(known) else 0.0


def have_equal_precision(cells: Floats) -> bool:
    """Return whether small numbers have as many digits that count as large ones, like those of `%.4g`.

    The numbers are above zero. Small ones are less than a tenth of the highest.
    """
    digits, is_small = decimals_of(cells) + np.floor(np.log10(cells)), cells < cells.max() / 10
    are_whole = digits == digits.max()
    sides = are_whole[is_small], are_whole[~is_small]
    return all(np.count_nonzero(each) > _PRECISE * len(each) for each in sides)


def decimals_of(cells: Floats) -> Integers:
    """Return how many decimals each number needs, at most six; if it ends in zeros, minus their number."""
    found = np.full(len(cells), _MAX_DIGITS)
    for digits in reversed(range(-_MAX_ZEROS, _MAX_DIGITS)):
        scaled = cells * 10.0**digits
        found[np.abs(scaled - np.rint(scaled)) <= 1e-9 * np.maximum(1.0, np.abs(scaled))] = digits
    return found


def resolution(values: Floats, factor: float, offset: float) -> float:
    """Return the step if all values are whole steps apart, else the last digit.

    The digits are those of the cells: reading = cell · factor + offset. A converter has a step of several
    digits, such as 0.073 V.
    """
    cells = (np.unique(values[~np.isnan(values)]) - offset) / factor
    digit = _last_digit(cells)
    distances = np.abs(cells[1:] - cells[:-1])
    distances = distances[distances > digit / 2]
    if len(distances) >= _MIN_STEPS:
        step = float(distances.min())
        multiples = np.rint(distances / step)
        is_whole = np.abs(distances - multiples * step) <= (multiples + 1.5) * digit
        if step > (_MIN_STEPS - 0.5) * digit and is_whole.all():
            return abs(factor) * step
    return abs(factor) * digit


def _last_digit(values: Floats) -> float:
    """Return the unit of the last digit that any of the values has: at most 1."""
    for digits in range(_MAX_DIGITS):
        scaled = values * 10.0**digits
        if np.abs(scaled - np.rint(scaled)).max(initial=0.0) <= _ROUNDING * 10.0**digits:
            return float(10.0**-digits)
    return float(10.0**-_MAX_DIGITS)


def lack_digits(cells: Floats, decimals: int, compared: Mask) -> Mask:
    """Return which of these numbers fit the two beside them if they get back one digit.

    That is the first digit, the last one, or any. There are none if so many of other numbers
    far below their neighbours would fit too: it is then the weather. There is no such weather if all others
    differ little from their neighbours. Only the numbers that are `compared` are.
    """
    cells = np.rint(np.abs(cells) * 10.0**decimals)
    lower, higher = np.sort((cells[:-2], cells[2:]), axis=0)
    middle = (lower + higher) / 2
    apart = np.where(compared[1:-1], np.abs(cells[1:-1] - middle), np.nan)
    found = np.zeros(len(cells), np.bool_)
    at = (compared[1:-1] & (cells[1:-1] < _LACKING * lower)).nonzero()[0]
    if not len(at):
        return found
    narrow, least = _NARROW * np.nanmedian(apart), apart[at].min()
    apart[(at[:, np.newaxis] + (-1, 0, 1)).clip(0, len(apart) - 1)] = np.nan
    is_even = _EVEN_TIMES * np.nanmax(apart, initial=0.0) < least
    lower, higher, middle, cells = lower[at], higher[at], middle[at], cells[1:-1][at]
    count = max(2, _TRIED // len(at))
    others = np.rint(((np.arange(count) + 0.5) / count)[:, np.newaxis] * _LACKING * lower)
    for ends in ((middle - narrow, middle + narrow), ((1 - _WIDE) * lower, (1 + _WIDE) * higher)):
        places = zip(_fit(cells, *ends, decimals), _fit(others, *ends, decimals), strict=True)
        for fits, by_chance in places:
            share = (np.count_nonzero(by_chance) + 1) / (by_chance.size + 1)
            ways = math.log(math.comb(len(at), many := np.count_nonzero(fits)))
            is_all = is_even and many == len(at)
            if ways + many * math.log(share) <= math.log(_EVEN_CHANCE if is_all else _CHANCE):
                found[1 + at[fits]] = True
    return found


def _fit(numbers: Floats, lower: Floats, higher: Floats, decimals: int) -> tuple[Mask, Mask, Mask]:
    """Return which whole numbers are between two others once they get a digit: the first, the last, any.

    It stands before the last digits, which are decimals; or behind them, for tenths of what was meant.
    """
    first, every = (np.zeros(numbers.shape, np.bool_) for _ in range(2))
    last = (10 * numbers + 9 >= lower) & (10 * numbers <= higher)
    scale = unit = 10.0**decimals
    while unit <= np.max(higher, initial=0.0):
        rest = numbers % unit
        others = (numbers - rest) * 10 + rest
        digit = np.maximum(np.ceil((lower - others) / unit), 0)
        fits = (digit <= 9) & (others + digit * unit <= higher)  # noqa: PLR2004 - the largest digit
        first |= fits & (rest == numbers)
        last |= fits & (unit == scale)
        every |= fits
        unit *= 10
    return first, last, every


def overflows(power: Floats) -> Integers:
    """Return the changes at which a number that has become too large begins again at 0, or ends to do so.

    They go from about the highest number to about 0, or back, each of them as often. There are none if they
    explain no course that is even and rises above the highest number.
    """
    changes, highest = power[1:] - power[:-1], float(np.fmax.reduce(power, initial=0.0))
    at = (np.abs(changes) > _WRAPPED * highest).nonzero()[0]
    lower, higher = np.sort((power[at], power[at + 1]), axis=0)
    is_whole = (lower < _EDGE * highest) & (higher > (1 - _EDGE) * highest)
    if not len(at) or not is_whole.all() or np.sign(changes[at]).sum():
        return at[:0]
    usual = float(np.median(np.abs(changes[np.abs(changes) > 0])))
    period = float(np.median(np.abs(changes[at]))) + usual
    course = np.unwrap(power, period=period)
    excess = (np.ptp(course) - period) / 1.5
    return at if np.max(np.abs(course[1:] - course[:-1])) < excess else at[:0]


def other_scale(numbers: Floats) -> Mask:
    """Return which numbers are all the same multiple, or part, of those around them: of another scale.

    Each is compared with the median of seven. There are none if any other number stands out.
    """
    found = np.zeros(len(numbers), np.bool_)
    if len(numbers) < _AROUND:
        return found
    middle = np.median(np.lib.stride_tricks.sliding_window_view(numbers, _AROUND), axis=1)
    inner = numbers[_AROUND // 2 : _AROUND // 2 + len(middle)]
    is_high = middle > _MUCH * np.max(middle)
    ratios = np.log10(np.maximum(inner[is_high], 0.0) / middle[is_high] + 1e-9)
    sizes = np.abs(ratios)
    others = sizes > _STANDS_OUT
    if not _FEWEST <= np.count_nonzero(others) <= _OFTEN * len(sizes):
        return found
    alike = others & (np.abs(ratios - np.median(ratios[others])) <= _ALIKE)
    is_even = _EVEN_TIMES * np.max(sizes[~others]) < np.min(sizes[alike], initial=np.inf)
    if is_even and np.count_nonzero(alike) >= _MOSTLY * np.count_nonzero(others):
        found[_AROUND // 2 + is_high.nonzero()[0][alike]] = True
    return found
