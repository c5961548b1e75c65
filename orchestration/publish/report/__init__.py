"""The report: one HTML file for people who have never read a cloud bill.

Every figure is data (``pages.py``): a question, the words around it, one SQL file of ``sql/``.
The SQL is asked of the published file, and the very text that was asked stands beside the answer.
The file needs no network and no server; nothing that a bill says can become code in it.

What belongs here: the questions, their SQL, the page. What does not: a number that no mart has;
who needs one adds it to a mart first.
"""

from orchestration.publish.report.report import ReportError, WrittenReport, write_report

__all__ = ["ReportError", "WrittenReport", "write_report"]
