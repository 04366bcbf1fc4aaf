"""Fuzz targets: each is built, and documented."""

import tomllib

from conftest import ROOT


def test_every_target_is_built_and_documented():
    files = {path.stem for path in (ROOT / "fuzz" / "fuzz_targets").glob("*.rs")}
    built = {target["name"] for target in tomllib.loads((ROOT / "fuzz" / "Cargo.toml").read_text())["bin"]}
    section = (ROOT / "CONTRIBUTING.md").read_text().split("## Fuzzing")[1].split("\n## ")[0]
    assert files == built == {name for name in files | built if f"(`{name}`)" in section}
