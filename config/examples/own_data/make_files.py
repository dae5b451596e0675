"""Write scikit-learn's digits as a folder of images and as an .npz file, for files.yaml.

    python config/examples/own_data/make_files.py

makes images/train/0/1.png and so on, one folder for each class, and digits.npz, beside it.
"""

from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits


def main(folder: Path) -> None:
    digits = load_digits()
    np.savez(folder / "digits.npz", x=digits.images.astype("uint8"), y=digits.target)
    for number, (image, label) in enumerate(zip(digits.images, digits.target, strict=True)):
        part = "test" if number % 5 == 0 else "train"
        file = folder / "images" / part / str(label) / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((image * 15).astype("uint8")).save(file)


if __name__ == "__main__":
    main(Path(__file__).parent)
