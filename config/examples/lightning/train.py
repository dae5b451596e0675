"""The network of ../argparse/train.py in Lightning, with its own CSVLogger.

Nothing here knows of HyperVerdict: the folder of the logger is read as it is.
"""

import argparse
import logging

import lightning
import torch
from lightning.pytorch.loggers import CSVLogger
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Classifier(lightning.LightningModule):
    """One hidden layer, trained by Adam."""

    def __init__(self, hidden, lr, dropout):
        super().__init__()
        self.save_hyperparameters()
        self.network = nn.Sequential(
            nn.Linear(64, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, 10)
        )

    def training_step(self, batch, index):
        images, labels = batch
        return nn.functional.cross_entropy(self.network(images), labels)

    def test_step(self, batch, index):
        images, labels = batch
        outputs = self.network(images)
        self.log("test_loss", nn.functional.cross_entropy(outputs, labels))
        self.log("test_accuracy", (outputs.argmax(1) == labels).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)


def loader(images, labels, **options):
    data = TensorDataset(torch.tensor(images).float() / 16, torch.tensor(labels).long())
    return DataLoader(data, **options)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--max-epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log-dir", default="lightning_logs")
    options = parser.parse_args()

    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    torch.set_num_threads(1)
    lightning.seed_everything(options.seed, verbose=False)
    # The same split for every seed: a seed is about the training, not about the data.
    images, test_images, labels, test_labels = train_test_split(
        *load_digits(return_X_y=True), train_size=0.7, random_state=0
    )
    trainer = lightning.Trainer(
        max_epochs=options.max_epochs,
        accelerator="cpu",
        logger=CSVLogger(options.log_dir, name="", version=""),
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    model = Classifier(options.hidden, options.lr, options.dropout)
    trainer.fit(model, loader(images, labels, batch_size=32, shuffle=True))
    trainer.test(model, loader(test_images, test_labels, batch_size=1000), verbose=False)


if __name__ == "__main__":
    main()
