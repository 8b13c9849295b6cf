"""What a REPORT line says, as text and as JSON, and what it does not."""

from __future__ import annotations

import pytest

from labgrader.http.lambda_report import Report, read_report

TEXT = (
    "REPORT RequestId: 8f5\tDuration: 3.10 ms\tBilled Duration: 104 ms\tMemory Size: 256 MB\tMax Memory Used: 40 MB\t"
)
JSON = (
    '{"time":"2026-11-21T15:00:00.000Z","type":"platform.report","record":{"requestId":"8f5","metrics":'
    '{"durationMs":3.1,"billedDurationMs":104,"memorySizeMB":256,"maxMemoryUsedMB":40%s},"status":"success"}}'
)
WARM = Report(3.1, 104, 256, 40, cold=False)
COLD = Report(3.1, 104, 256, 40, cold=True)


@pytest.mark.parametrize(
    ("log", "report"),
    [
        (f"START\nhello\n{TEXT}\n", WARM),
        (f"{TEXT}Init Duration: 120.00 ms\t\n", COLD),
        (f"{TEXT}Restore Duration: 300.00 ms\tBilled Restore Duration: 10 ms\t\n", COLD),
        (f"{TEXT}\nXRAY TraceId: 1-5\tSegmentId: 2\tSampled: true\n", WARM),
        (f"hello\n{JSON % ''}\n", WARM),
        (JSON % ',"initDurationMs":120.1', COLD),
        (JSON % ', "restoreDurationMs": 120.1', COLD),
        # what a function prints itself comes before Lambda's own line
        (f"{TEXT.replace('256', '9')}Init Duration: 1.00 ms\n{TEXT}\n", WARM),
        ("REPORT RequestId: 8f5\tDuration: lots\tMemory Size: 99999999999999 MB\n", Report()),
        ('{"type":"platform.report"', Report()),
        ("Init Duration: 5 ms, Billed Duration: 5 ms\n", Report()),
        ("\ud800\x00", Report()),
        ("", Report()),
    ],
)
def test_the_last_report_line_of_a_log_counts(log: str, report: Report) -> None:
    assert read_report(log) == report
