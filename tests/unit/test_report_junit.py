"""The JUnit report: of the form that CI services read; what fails is a failure, what nobody knows an error."""

from xml.etree import ElementTree as ET

import pytest
import xmlschema

from harness.report.junit import render
from harness.result import CheckResult, SystemResult
from tests.unit.results import expectation, result, sync

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
