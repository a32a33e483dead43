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
SPECIMEN: Final = "虚构样本 · 仅供演示   INVENTED SPECIMEN"
WIDTH, HEIGHT = A4
MARGIN: Final = 64.0
LINE: Final = 26.0
SIZE: Final = 13.0
LABELS, TEXTS = MARGIN, MARGIN + 130
TEXT_WIDTH: Final = WIDTH - MARGIN - TEXTS

Rows = Sequence[tuple[str, str]]
Room = tuple[float, float, float, float, str]

ROOMS: Final[tuple[Room, ...]] = (
    (0, 0, 200, 120, "厨房 kitchen"),
    (200, 0, 110, 120, "洗消间 washing"),
    (310, 0, 90, 120, "库房 store"),
    (0, 120, 300, 160, "用餐区 dining"),
    (300, 120, 100, 160, "收银与通道 entrance"),
)
FRAME: Final[tuple[Room, ...]] = (
    (0, 0, 400, 40, "基础 foundation"),
    (20, 40, 110, 200, "A 轴 axis A"),
    (145, 40, 110, 200, "B 轴 axis B"),
    (270, 40, 110, 200, "C 轴 axis C"),
    (0, 240, 400, 30, "屋面 roof"),
)


def draw_document(path: Path, title: str, rows: Rows, *, issuer: str, sketch: Sequence[Room] = ()) -> Path:
    """A one-page PDF is at `path`: title, rows of (label, text), who made it, a sketch if given."""
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    path.parent.mkdir(parents=True, exist_ok=True)
    page = Canvas(str(path), pagesize=A4, invariant=1)
    page.setTitle(title)
    _draw_frame(page)
    page.setFont(FONT, 28)
    page.drawCentredString(WIDTH / 2, HEIGHT - 120, title)
    for number, (label, text) in enumerate(rows):
        height = HEIGHT - 180 - number * LINE
        page.setFont(FONT, SIZE)
        page.drawString(LABELS, height, label)
        page.setFont(FONT, min(SIZE, SIZE * TEXT_WIDTH / pdfmetrics.stringWidth(text, FONT, SIZE)))
        page.drawString(TEXTS, height, text)
    for left, bottom, width, depth, name in sketch:
        page.rect(MARGIN + 34 + left, 150 + bottom, width, depth)
        page.drawCentredString(MARGIN + 34 + left + width / 2, 150 + bottom + depth / 2, name)
    _draw_seal(page, issuer)
    page.save()
    return path


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
    page.circle(WIDTH - 150, 105, 38, stroke=1, fill=0)
    page.setFont(FONT, 9)
    page.drawCentredString(WIDTH - 150, 102, "样章")
    page.setFont(FONT, 12)
    page.drawRightString(WIDTH - MARGIN, 52, issuer)
