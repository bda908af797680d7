"""Whose voice is each paragraph of a news page?"""

from newsvoices.classifier import Classifier, load
from newsvoices.labels import LABELS, VOICES
from newsvoices.pages import Page, Paragraph
from newsvoices.predictions import Prediction

__all__ = ["LABELS", "VOICES", "Classifier", "Page", "Paragraph", "Prediction", "load"]
__version__ = "0.1.0"
