"""OpenVINO, imported without its telemetry.

`import openvino` (2026.4 and before) reports "general_import" to Google Analytics by way of the
package `openvino_telemetry` unless the user once opted out on this machine. Nobody who asks a
health question here agreed to that. With that package out of reach OpenVINO takes its own stub,
which sends nothing. Whatever of this project needs OpenVINO imports it from here.
"""

import sys

_TELEMETRY = "openvino_telemetry"

_before = sys.modules.get(_TELEMETRY)
sys.modules[_TELEMETRY] = None  # type: ignore[assignment]  # makes its import an ImportError
try:
    import openvino
    from openvino import opset13
finally:
    if _before is None:
        del sys.modules[_TELEMETRY]
    else:
        sys.modules[_TELEMETRY] = _before

__all__ = ["openvino", "opset13"]
