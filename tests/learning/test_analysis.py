"""What a finished call shows, on a small call written out."""

from call_flow.phases import Phase
from call_flow.status import FinalStatus
from learning.analysis import analyse
from learning.phrases import key_phrases
from tests.learning.records import conversation, segment


def test_numbers_of_the_call() -> None:
    analysis = analyse(conversation())
    assert analysis.total_words == 50
    assert analysis.average_sentiment == 0.275
    assert analysis.average_engagement == 59.25
    assert (analysis.peak_engagement, analysis.final_engagement) == (66, 64)


def test_flow_goes_by_phase() -> None:
    flow = analyse(conversation()).flow
    assert [(f.phase, f.outcome, f.duration_s) for f in flow] == [
        (Phase.GREETING, "advanced", 7),
        (Phase.RAPPORT, "positive", 9),
        (Phase.PRESENTATION, "positive", 32),
    ]
    assert (flow[2].engagement_from, flow[2].engagement_to) == (55, 64)
    assert (flow[0].agent_words, flow[0].prospect_words) == (5, 4)


def test_key_moments_in_order() -> None:
    moments = analyse(conversation()).key_moments
    assert [(m.kind, m.seq) for m in moments] == [
        ("engagement_rise", 4),
        ("engagement_fall", 6),
        ("objection", None),
        ("buying_signal", 8),
        ("engagement_rise", 8),
        ("decision", None),
    ]
    assert moments[2].detail == "no_money, resolved"


def test_strategies_are_judged_by_what_followed() -> None:
    analysis = analyse(conversation())
    changes = {s.strategy: s.engagement_change for s in analysis.strategies}
    assert changes == {
        "opening.story": None,
        "rapport.direct": 14,
        "presentation.story": -11,
        "no_money.empathy": 9,
    }
    assert analysis.effective_strategies == ("opening.story", "rapport.direct", "no_money.empathy")


def test_triggers_and_cues() -> None:
    analysis = analyse(conversation())
    assert analysis.engagement_triggers == ("rapport: ask_details", "presentation: buying_signal")
    assert (analysis.cues.turns, analysis.cues.questions_asked, analysis.cues.interruptions) == (4, 1, 0)
    assert analysis.cues.affirmations == 4


def test_improvements_name_what_went_wrong() -> None:
    record = conversation(FinalStatus.ABANDONED)
    lost = record.model_copy(
        update={"objections": (record.objections[0].model_copy(update={"resolved": False}),)}
    )
    assert analyse(lost).improvement_areas == (
        "objection no_money stayed unresolved",
        "the call was lost in presentation",
    )


def test_a_call_that_was_no_conversation_shows_nothing() -> None:
    silent = conversation(FinalStatus.NO_ANSWER).model_copy(
        update={
            "segments": (),
            "phases": (),
            "choices": (),
            "objections": (),
            "decisions": (),
            "engagement": (),
        }
    )
    analysis = analyse(silent)
    assert analysis.total_words == 0
    assert (analysis.key_moments, analysis.improvement_areas, analysis.flow) == ((), (), ())
    assert analysis.average_engagement == 0


def test_phrases_are_the_prospects_and_whole() -> None:
    said = [
        segment(1, "agent", "extra income is a phrase of mine", Phase.GOALS),
        segment(2, "prospect", "I need extra income for my kids.", Phase.GOALS, sentiment=0.2),
        segment(3, "prospect", "Extra income, yes.", Phase.GOALS, sentiment=0.6),
    ]
    phrases = key_phrases(said)
    assert phrases[0].phrase == "extra income"
    assert (phrases[0].frequency, phrases[0].sentiment) == (2, 0.4)
    assert phrases[0].context == "I need extra income for my kids."
    assert "income" not in [p.phrase for p in phrases]


def test_analysing_twice_gives_the_same() -> None:
    record = conversation()
    assert analyse(record) == analyse(record)
