"""Compares both lists by serial: what each side has alone, and whose model differs.

Must not do: more than diffsync's own comparison, for that is what it is measured for.
"""
import json

from diffsync import Adapter, DiffSyncModel
from diffsync.enum import DiffSyncFlags


class Device(DiffSyncModel):
    _modelname = "device"
    _identifiers = ("serial",)
    _attributes = ("model",)
    serial: str
    model: str


class Side(Adapter):
    device = Device
    top_level = ["device"]

    def load(self, name):
        with open(f"{name}.ndjson", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                device = Device(serial=row["serial"], model=row["model"])
                # Of two with one serial it keeps one: it has no word for a duplicate.
                self.get_or_instantiate(Device, {"serial": device.serial}, {"model": device.model})


acs, provider = Side(), Side()
acs.load("acs")
provider.load("provider")
diff = acs.diff_to(provider, flags=DiffSyncFlags.NONE)
files = {name: open(f"out/diffsync.{name}", "w", encoding="utf-8") for name in ("acs", "provider", "differs")}
NAMES = {"create": "acs", "delete": "provider", "update": "differs"}
for element in diff.get_children():
    name = NAMES.get(element.action)
    if name is not None:
        print(element.keys["serial"], file=files[name])
for file in files.values():
    file.close()
