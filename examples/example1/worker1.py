"""Reports the devices that the instance has: torch's GPUs where there are some, else its CPUs."""

import os
import platform


def gpus() -> list:
    """One description a GPU; none without torch."""
    try:
        import torch
    except ImportError:
        return []
    return [torch.cuda.get_device_properties(number) for number in range(torch.cuda.device_count())]


for number, device in enumerate(gpus() or [f"{os.cpu_count()} CPUs, {platform.machine()}"]):
    print(f"-***- Device {number}: {device}")
