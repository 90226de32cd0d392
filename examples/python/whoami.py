"""A WSGI app that believes the gateway's headers.

Its server must listen where only the gateway can connect: whoever else can connect is whoever he says he is.
"""

import json
import os
from urllib.parse import unquote
from wsgiref.simple_server import make_server


def client_of(environ):
    """Account (None where there is none), issuer and serial number; None without a good certificate."""
    # Not whether there is a header: NONE and FAILED:... are values, too.
    if environ.get("HTTP_X_CLIENT_VERIFY") != "SUCCESS":
        return None
    account = environ.get("HTTP_X_CLIENT_ACCOUNT")
    return {
        "account": None if account is None else unquote(account),
        "issuer": environ["HTTP_X_CLIENT_ISSUER"],
        "serial": environ["HTTP_X_CLIENT_SERIAL"],
    }


def app(environ, start_response):
    client = client_of(environ)
    start_response("403 Forbidden" if client is None else "200 OK", [("Content-Type", "application/json")])
    return [json.dumps(client or {"error": "no client certificate"}).encode()]


if __name__ == "__main__":
    with make_server("127.0.0.1", int(os.environ.get("PORT", "9000")), app) as server:
        print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
