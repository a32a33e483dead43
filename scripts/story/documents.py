"""The PDF files of the story: licences, forms, plans and drawings, drawn here and marked as invented.

Text is set in the standard CID font STSong-Light, which readers bring along, so no font file is needed.
Files are the same for the same content: nothing of the machine or the hour gets into them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

FONT: Final = "STSong-Light"
SPECIMEN: Final = "虚构样本，仅供演示   INVENTED SPECIMEN"
WIDTH, HEIGHT = A4
MARGIN: Final = 64.0
LINE: Final = 26.0
SIZE: Final = 13.0
TITLE_SIZE: Final = 28.0
SKETCH_LEFT, SKETCH_BOTTOM = MARGIN + 34, 210
SEAL_LEFT, SEAL_BOTTOM = WIDTH - 160, 130
LABELS, TEXTS = MARGIN, MARGIN + 130
TEXT_WIDTH: Final = WIDTH - MARGIN - TEXTS

Rows = Sequence[tuple[str, str]]
Room = tuple[float, float, float, float, str]

ROOMS: Final[tuple[Room, ...]] = (
    (0, 0, 200, 120, "厨房\nkitchen"),
    (200, 0, 110, 120, "洗消间\nwashing"),
    (310, 0, 90, 120, "库房\nstore"),
    (0, 120, 300, 160, "用餐区\ndining"),
    (300, 120, 100, 160, "收银与通道\nentrance"),
)
FRAME: Final[tuple[Room, ...]] = (
    (0, 0, 400, 40, "基础\nfoundation"),
    (20, 40, 110, 200, "A 轴\naxis A"),
    (145, 40, 110, 200, "B 轴\naxis B"),
    (270, 40, 110, 200, "C 轴\naxis C"),
    (0, 240, 400, 30, "屋面\nroof"),
)


def draw_document(path: Path, title: str, rows: Rows, *, issuer: str, sketch: Sequence[Room] = ()) -> Path:
    """A one-page PDF is at `path`: title, rows of (label, text), who made it, a sketch if given."""
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    path.parent.mkdir(parents=True, exist_ok=True)
    page = Canvas(str(path), pagesize=A4, invariant=1)
    page.setTitle(title)
    _draw_frame(page)
    page.setFont(FONT, _fit(title, TITLE_SIZE, WIDTH - 2 * MARGIN))
    page.drawCentredString(WIDTH / 2, HEIGHT - 120, title)
    for number, (label, text) in enumerate(rows):
        height = HEIGHT - 180 - number * LINE
        page.setFont(FONT, SIZE)
        page.drawString(LABELS, height, label)
        page.setFont(FONT, _fit(text, SIZE, TEXT_WIDTH))
        page.drawString(TEXTS, height, text)
    for room in sketch:
        _draw_room(page, room)
    _draw_seal(page, issuer)
    page.save()
    return path


def _fit(text: str, size: float, width: float) -> float:
    """The size, or the smaller one at which the text is no wider than `width`."""
    drawn: float = pdfmetrics.stringWidth(text, FONT, size)
    return min(size, size * width / drawn)


def _draw_room(page: Canvas, room: Room) -> None:
    """A rectangle with its name inside, Chinese above English."""
    left, bottom, width, depth, name = room
    page.rect(SKETCH_LEFT + left, SKETCH_BOTTOM + bottom, width, depth)
    middle, centre = SKETCH_LEFT + left + width / 2, SKETCH_BOTTOM + bottom + depth / 2
    zh, _, en = name.partition("\n")
    page.setFont(FONT, SIZE)
    page.drawCentredString(middle, centre + 2, zh)
    page.setFont(FONT, 10)
    page.drawCentredString(middle, centre - 11, en)


def _draw_frame(page: Canvas) -> None:
    page.setLineWidth(2)
    page.rect(MARGIN / 2, MARGIN / 2, WIDTH - MARGIN, HEIGHT - MARGIN)
    page.setLineWidth(0.8)
    page.setFont(FONT, 10)
    page.setFillGray(0.45)
    page.drawCentredString(WIDTH / 2, MARGIN / 2 + 12, SPECIMEN)
    page.setFillGray(0)


def _draw_seal(page: Canvas, issuer: str) -> None:
    """The maker's name in a red ring: a picture, no electronic seal."""
    page.setStrokeColorRGB(0.8, 0.1, 0.1)
    page.setFillColorRGB(0.8, 0.1, 0.1)
    page.circle(SEAL_LEFT, SEAL_BOTTOM, 38, stroke=1, fill=0)
    page.setFont(FONT, SIZE)
    page.drawCentredString(SEAL_LEFT, SEAL_BOTTOM - 5, "样章")
    page.setFont(FONT, _fit(issuer, 12, 2 * (WIDTH - MARGIN - SEAL_LEFT)))
    page.drawCentredString(SEAL_LEFT, SEAL_BOTTOM - 60, issuer)
