"""Each standalone room works where nothing but NumPy and SciPy can be imported."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

BLOCK = """
import sys
class Only:
    allowed = {"numpy", "scipy", "atlarge"}
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in self.allowed and top not in sys.stdlib_module_names and not top.startswith("_"):
            raise ImportError(f"{name} is not installed here")
sys.meta_path.insert(0, Only())
"""
USES = {
    "surveillance": """
        from atlarge.surveillance import benjamini_hochberg, ears, farrington_flexible, scan
        counts = np.random.default_rng(1).poisson(5.0, (2, 400))
        assert farrington_flexible(counts).upper.shape[0] == 2
        assert ears(counts).upper.shape == counts.shape
        assert scan(counts).n_tests > 0
        assert benjamini_hochberg([0.5]).tolist() == [0.5]
    """,
    "effects": """
        from atlarge.effects import q_values, share_effect
        counts = np.random.default_rng(0).poisson(20, (40, 36)).astype(float)
        counts[3, 24:30] += 15
        assert share_effect(counts, 3, 24, 30).total.low > 0
        assert q_values([0.01, 0.5]).tolist() == [0.02, 0.5]
    """,
    "disclosure": """
        from atlarge.disclosure import OPEN, LinearConstraints, suppress
        counts = np.array([2, 30, 40, 72])
        constraints = LinearConstraints.of(whole=[3, 3, 3], part=[0, 1, 2])
        status = suppress(counts, counts >= 0, constraints)
        assert (status[:3] != OPEN).sum() == 2
    """,
}


@pytest.mark.slow
@pytest.mark.parametrize("room", USES)
def test_a_room_needs_numpy_and_scipy_only(room: str) -> None:
    code = BLOCK + "import numpy as np\n" + textwrap.dedent(USES[room])
    code += f"""
others = {{m for m in sys.modules if m.startswith("atlarge.") and not m.startswith("atlarge.{room}")}}
faces = {{f"atlarge.{{name}}" for name in ("explain", "ingest", "panel", "publish", "simulate")}}
assert others == faces | {{"atlarge._lazy", "atlarge.errors"}}, others
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
