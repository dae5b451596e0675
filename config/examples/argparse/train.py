"""A small network on images of digits: an ordinary script with argparse, as many people have one.

Nothing here knows of HyperVerdict. The script takes a seed and a training length, and writes its
scores to a CSV file.
"""

import argparse
import csv

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=1e-3, help="learning rate of Adam")
parser.add_argument("--hidden", type=int, default=32, help="units of the hidden layer")
parser.add_argument("--dropout", type=float, default=0.0, help="units dropped in training")
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--out", default="metrics.csv", help="CSV file with the scores")
options = parser.parse_args()

torch.manual_seed(options.seed)
torch.set_num_threads(1)
# The same split for every seed: a seed is about the training, not about the data.
split = train_test_split(*load_digits(return_X_y=True), train_size=0.7, random_state=0)
images = {part: torch.tensor(split[i]).float() / 16 for i, part in enumerate(("train", "test"))}
labels = {part: torch.tensor(split[i + 2]).long() for i, part in enumerate(("train", "test"))}

model = nn.Sequential(
    nn.Linear(64, options.hidden), nn.ReLU(), nn.Dropout(options.dropout),
    nn.Linear(options.hidden, 10),
)  # fmt: skip
optimizer = torch.optim.Adam(model.parameters(), lr=options.lr)

with open(options.out, "w", newline="") as file:
    table = csv.DictWriter(file, ["epoch", "train_loss", "test_loss", "test_accuracy"])
    table.writeheader()
    for epoch in range(1, options.epochs + 1):
        model.train()
        losses = []
        for batch in torch.randperm(len(labels["train"])).split(32):
            loss = nn.functional.cross_entropy(
                model(images["train"][batch]), labels["train"][batch]
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        model.eval()
        with torch.no_grad():
            outputs = model(images["test"])
        table.writerow(
            {
                "epoch": epoch,
                "train_loss": sum(losses) / len(losses),
                "test_loss": nn.functional.cross_entropy(outputs, labels["test"]).item(),
                "test_accuracy": (outputs.argmax(1) == labels["test"]).float().mean().item(),
            }
        )
