"""Reports, cases and decisions. The contacts of strangers lie in one table of their own and go by themselves."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import conv

from ..db import NOT_PERSONAL, Base, BigId, Key, Moment, check, unique
from ..inventory import personal, whose

_REPORT = personal("report", "decide_reports", "legal-duty", "case", "shop", "person")
_CONTACT = personal("report_contact", "answer_reporter", "legal-duty", "contact", "shop", "person")
_REASONS = personal("decision", "give_reasons", "legal-duty", "case", "author", "staff")
_SAID = personal("decision", "decide_reports", "legal-duty", "case", "shop", "person")
_CASE = personal("decision", "decide_reports", "legal-duty", "case", "shop", "staff")


class Case(Base):
    """Everything about a review, a rating or the reply to one that was reported, or that staff looked at unasked.

    `phase` says who waits for whom: "open" and "appealed" wait for staff. `outcome` is what was decided last, with
    its reason in `ground`; None where nothing was yet. `waits_since` orders the list.
    """

    __tablename__ = "trust_case"
    __table_args__ = (
        unique("trust_case_object", "kind", "object_id"),
        check("trust_case_phase", "phase IN ('open', 'appealed', 'closed')"),
        Index(conv("trust_case_list"), "phase", "waits_since", "id"),
        Index(conv("trust_case_author"), "author_id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(Key(10), info=NOT_PERSONAL)
    #: Of a reply, our number of what it answers, see `verdicts.rules.Kind`.
    object_id: Mapped[int] = mapped_column(BigId)
    author_id: Mapped[int] = mapped_column(BigId, info=whose("decision"))
    phase: Mapped[str] = mapped_column(String(10), default="open", info=NOT_PERSONAL)
    outcome: Mapped[str | None] = mapped_column(String(10), info=NOT_PERSONAL)
    ground: Mapped[str | None] = mapped_column(Key(2), info=NOT_PERSONAL)
    opened_at: Mapped[datetime] = mapped_column(Moment, info=_CASE)
    waits_since: Mapped[datetime] = mapped_column(Moment, info=NOT_PERSONAL)
    closed_at: Mapped[datetime | None] = mapped_column(Moment, info=_CASE)
    #: The author wrote anew after the last decision.
    corrected_at: Mapped[datetime | None] = mapped_column(Moment, info=_CASE)
    version: Mapped[int] = mapped_column(Integer, default=1)


class Report(Base):
    """What somebody has reported (DSA Art. 16(2)); who it was stands in `Contact` alone."""

    __tablename__ = "trust_report"
    __table_args__ = (unique("trust_report_mark", "mark"), Base.__table_args__)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("trust_case.id"))
    #: Of what was sent, so that a second click is no second report.
    mark: Mapped[str] = mapped_column(Key(64), info=_REPORT)
    reason: Mapped[str] = mapped_column(String(10), info=NOT_PERSONAL)
    explanation: Mapped[str] = mapped_column(Text, info=_REPORT)
    at: Mapped[datetime] = mapped_column(Moment, info=_REPORT)


class Contact(Base):
    """The name and address of somebody who reported; deleted six months after the case is closed."""

    __tablename__ = "trust_contact"
    __table_args__ = (
        unique("trust_contact_report", "report_id"),
        Index(conv("trust_contact_until"), "until"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    report_id: Mapped[int] = mapped_column(BigId)
    name: Mapped[str] = mapped_column(String(80), info=_CONTACT)
    email: Mapped[str] = mapped_column(String(254), info=_CONTACT)
    lang: Mapped[str] = mapped_column(String(12), default="", info=_CONTACT)
    #: When it is deleted; None while the case is open.
    until: Mapped[datetime | None] = mapped_column(Moment, info=NOT_PERSONAL)


class Decision(Base):
    """One decision, which is also the statement of reasons for its author (DSA Art. 17).

    The columns bear the names of the Commission's transparency database where it has one for them.
    """

    __tablename__ = "trust_decision"
    __table_args__ = (
        check("trust_decision_step", "step IN ('keep', 'hide', 'remove', 'restore')"),
        Index(conv("trust_decision_log"), "public", "id"),
        Base.__table_args__,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("trust_case.id"))
    at: Mapped[datetime] = mapped_column(Moment, info=_REASONS)
    step: Mapped[str] = mapped_column(String(10), info=NOT_PERSONAL)
    #: Words were taken away or put back, so that it stands in the public log.
    public: Mapped[bool] = mapped_column(default=True, info=NOT_PERSONAL)
    on_appeal: Mapped[bool] = mapped_column(default=False, info=NOT_PERSONAL)
    decision_ground: Mapped[str | None] = mapped_column(Key(2), info=NOT_PERSONAL)
    illegal_content_legal_ground: Mapped[str] = mapped_column(String(500), default="", info=_REASONS)
    explanation: Mapped[str] = mapped_column(Text, default="", info=_REASONS)
    decision_facts: Mapped[str] = mapped_column(Text, default="", info=_REASONS)
    #: "SOURCE_ARTICLE_16" after a report, "SOURCE_VOLUNTARY" where staff looked by themselves.
    source_type: Mapped[str] = mapped_column(String(20), info=NOT_PERSONAL)
    #: The person who decided; no decision is ever made by a machine.
    actor_id: Mapped[int] = mapped_column(BigId, info=whose("decision"))


class CaseWord(Base):
    """What author or reporter say in a case: an answer while it is open, or an appeal against its last decision."""

    __tablename__ = "trust_case_word"
    __table_args__ = (Base.__table_args__,)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("trust_case.id"))
    #: "author", or "reporter" with the report that the link came from.
    side: Mapped[str] = mapped_column(String(10), info=NOT_PERSONAL)
    report_id: Mapped[int | None] = mapped_column(BigId)
    appeal: Mapped[bool] = mapped_column(default=False, info=NOT_PERSONAL)
    text: Mapped[str] = mapped_column(Text, info=_SAID)
    at: Mapped[datetime] = mapped_column(Moment, info=_SAID)
