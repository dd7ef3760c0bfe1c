"""The JUnit report: of the form that CI services read; what fails is a failure, what nobody knows an error."""

from xml.etree import ElementTree as ET

import pytest
import xmlschema

from harness.runfolder.result import CheckResult, ExpectationResult, Judged, SystemResult
from tests.support.reports import rendering
from tests.support.results import expectation, result, sync, temporal

render = rendering("junit")

OUTCOME = '<xs:complexType mixed="true"><xs:attribute name="type"/><xs:attribute name="message"/></xs:complexType>'
FORM = f"""
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="testsuites"><xs:complexType>
    <xs:sequence><xs:element ref="testsuite" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
    <xs:attribute name="name"/><xs:attribute name="tests"/><xs:attribute name="failures"/><xs:attribute name="errors"/>
  </xs:complexType></xs:element>
  <xs:element name="testsuite"><xs:complexType>
    <xs:sequence>
      <xs:element name="properties" minOccurs="0"><xs:complexType><xs:sequence>
        <xs:element name="property" maxOccurs="unbounded"><xs:complexType>
          <xs:attribute name="name" use="required"/><xs:attribute name="value" use="required"/>
        </xs:complexType></xs:element>
      </xs:sequence></xs:complexType></xs:element>
      <xs:element ref="testcase" minOccurs="0" maxOccurs="unbounded"/>
      <xs:element name="system-out" type="xs:string" minOccurs="0"/>
    </xs:sequence>
    <xs:attribute name="name" use="required"/><xs:attribute name="tests" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="failures" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="errors" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="skipped" type="xs:nonNegativeInteger"/>
  </xs:complexType></xs:element>
  <xs:element name="testcase"><xs:complexType>
    <xs:choice minOccurs="0">
      <xs:element name="failure">{OUTCOME}</xs:element>
      <xs:element name="error">{OUTCOME}</xs:element>
      <xs:element name="skipped">{OUTCOME}</xs:element>
    </xs:choice>
    <xs:attribute name="name" use="required"/><xs:attribute name="classname"/>
  </xs:complexType></xs:element>
</xs:schema>
"""
"""What Surefire, Jenkins and GitLab have in common, and nothing beyond it."""


def written() -> str:
    doubtful = sync(checks=(CheckResult("canary", "invalid", "no"), CheckResult("healed", "unknown", "who knows")))
    expected = [expectation(f"sync.lost == {n}", said) for n, said in enumerate(("pass", "fail", "unknown", "n/a"))]
    return render(result(systems={"sync": SystemResult({}, (doubtful,))}, expectations=tuple(expected)))


def test_it_has_the_form_that_services_read() -> None:
    schema = xmlschema.XMLSchema(FORM)
    schema.validate(written())
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        schema.validate(written().replace("<failure", "<fault").replace("</failure", "</fault"))


def test_what_fails_is_a_failure_and_what_is_unknown_an_error() -> None:
    root = ET.fromstring(written())  # noqa: S314 - written a moment ago
    outcomes = {one.get("name"): [child.tag for child in one] for one in root.iter("testcase")}
    assert outcomes == {
        "sync.lost == 0": [],
        "sync.lost == 1": ["failure"],
        "sync.lost == 2": ["error"],
        "sync.lost == 3": ["skipped"],
        "canary on sync": ["failure"],
        "healed on sync": ["error"],
    }
    suite = root[0]
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["6", "2", "2", "1"]


def failed(text: str = "sync.lost == 0", *judged: Judged) -> ExpectationResult:
    return expectation(text, "fail", *(judged or (Judged("sync", 1, 4, "==", 0, "fail"),)))


def told(one: ExpectationResult, folder: str = "reports/all/x", **changes: object) -> list[str]:
    """Return the lines of the failure of that expectation."""
    root = ET.fromstring(render(result(expectations=(one,), **changes), folder=folder))  # noqa: S314 - written a moment ago
    [failure] = root.iter("failure")
    return (failure.text or "").splitlines()


def test_a_failure_names_its_tickets_and_the_command_that_shows_its_evidence() -> None:
    assert told(failed()) == [
        "sync.lost == 0 (line 31 of the scenario)",
        "FAIL sync.lost == 0 [sync 4 == 0 FAIL]",
        "lost on sync: T-0004, T-0007, T-0012, T-0031",
        "evidence: chaos explain reports/all/x sync.lost",
    ]


def test_a_folder_that_is_not_known_is_named_as_in_the_folder_of_runs() -> None:
    evidence = "evidence (in the folder of runs): chaos explain 20260101-000000-worker-kill-0000 sync.lost"
    assert told(failed(), folder="")[-1] == evidence


def test_a_folder_is_quoted_as_a_shell_wants_it() -> None:
    assert told(failed(), folder="my runs/x")[-1] == "evidence: chaos explain 'my runs/x' sync.lost"


def test_both_sides_of_an_expectation_have_their_evidence() -> None:
    one = failed("temporal.recovery_p95<sync.recovery_p95 * 2", Judged("temporal", 1, 9.0, "<", 1.0, "fail"))
    assert [line.rpartition(" ")[2] for line in told(one)[-2:]] == ["temporal.recovery_p95", "sync.recovery_p95"]


def test_an_expectation_on_every_system_has_the_evidence_of_those_on_which_it_fails() -> None:
    judged = (Judged("sync", 1, 4, "==", 0, "fail"), Judged("temporal", 1, 0, "==", 0, "pass"))
    assert [line for line in told(failed("lost == 0", *judged)) if "chaos explain" in line] == [
        "evidence: chaos explain reports/all/x sync.lost"
    ]


def test_of_many_tickets_ten_are_named_and_the_rest_is_counted() -> None:
    many = sync(tickets={"lost": tuple(range(1, 31))})
    systems = {"sync": SystemResult({}, (many, sync())), "temporal": SystemResult({}, (temporal(),))}
    lines = told(failed(), systems=systems)
    assert lines[2].startswith("lost on sync #1: T-0001, ")
    assert lines[2].endswith("T-0010 and 20 more")
    assert lines[3] == "lost on sync #2: T-0004, T-0007, T-0012, T-0031"


def test_an_overload_is_neither_a_failure_nor_a_pass() -> None:
    busy = sync(checks=(CheckResult("headroom", "overloaded", "offered 3.3/s, served 1.2/s"),))
    suite = ET.fromstring(render(result(systems={"sync": SystemResult({}, (busy,))}))).find("testsuite")  # noqa: S314
    assert suite is not None
    assert [suite.get(key) for key in ("failures", "errors", "skipped")] == ["0", "0", "1"]
    skipped = suite.find(".//skipped")
    assert skipped is not None
    assert skipped.get("message") == "overloaded: offered 3.3/s, served 1.2/s"
