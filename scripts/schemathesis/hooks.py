"""What schemathesis needs to know of the management API: how to log in, and which cases it must change."""

import os

import requests
import schemathesis
from requests.adapters import HTTPAdapter
from schemathesis import GenerationMode

USERNAME = os.environ["SCHEMATHESIS_USERNAME"]
PASSWORD = os.environ["SCHEMATHESIS_PASSWORD"]
URL = os.environ["SCHEMATHESIS_API"]


# Cases with wrong passwords come from 127.0.0.1, which soon has to wait between two logins. Logins of the test itself come
# from an address of their own.
class OtherAddress(HTTPAdapter):
    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, source_address=("127.0.0.2", 0), **kwargs)


logins = requests.Session()
logins.mount("http://", OtherAddress())


# One session serves all cases: a login takes 50 ms. When a case ends the session, the next 401 begins another one.
@schemathesis.auth(refresh_interval=3600, retry_on=[401])
class Session:
    def get(self, case, context):
        body = {"username": USERNAME, "password": PASSWORD}
        answer = logins.post(URL + "/api/v1/authentication/login", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()["token"]

    def set(self, case, data, context):
        case.headers["Authorization"] = "Bearer " + data


@schemathesis.hook
def map_case(context, case):
    spare_tester(case)
    be_in_earnest(case)
    return case


# Without its own user the test could not go on.
def spare_tester(case):
    if case.path_parameters and case.path_parameters.get("username") == USERNAME:
        case.path_parameters["username"] = "olga"


# A dry run answers 200 and lists what is wrong, which the check negative_data_rejection would take for acceptance.
def be_in_earnest(case):
    is_negative = case.meta is not None and case.meta.generation.mode == GenerationMode.NEGATIVE
    if is_negative and case.query and str(case.query.get("dryRun")).lower() == "true":
        case.query["dryRun"] = "false"


# Random text is hardly ever the address of a backend. These are, so that sequences find what an earlier step created.
ADDRESSES = ["http://127.0.0.1:9001", "http://127.0.0.1:9002", "http://127.0.0.1:9003"]


@schemathesis.hook
def before_load_schema(context, raw_schema):
    narrow(raw_schema)


def narrow(node):
    if isinstance(node, list):
        for item in node:
            narrow(item)
    elif isinstance(node, dict):
        for name, child in node.items():
            narrow(child)
            if name == "url" and isinstance(child, dict):
                for schema in [child, *child.get("anyOf", [])]:
                    if schema.get("type") == "string":
                        schema["enum"] = ADDRESSES
