"""What this machine has."""

import shutil
import subprocess
from pathlib import Path


def has_gpu() -> bool:
    """An NVIDIA GPU that a driver answers for. `nvidia-smi` may lie where no device is, so it is asked."""
    if Path("/dev/nvidia0").exists():
        return True
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return False
    listed = subprocess.run([tool, "-L"], capture_output=True, text=True, check=False)
    return listed.returncode == 0 and "GPU" in listed.stdout
