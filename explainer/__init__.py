"""What the chapters and the site of *The DeepSeek Shock* stand on."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]  # the project's folder
