"""Sends the messages of a plan as a technical user, and prints the names of the nine answers."""
import json
import sys
from urllib.parse import urlsplit, unquote

import pika

with open(sys.argv[1]) as file:
    plan = json.load(file)
login = unquote(urlsplit(plan["url"]).username)
connection = pika.BlockingConnection(pika.URLParameters(plan["url"]))
channel = connection.channel()
channel.confirm_delivery()
for number, message in enumerate(plan["messages"]):
    properties = pika.BasicProperties(
        headers=message["headers"],
        user_id=login,
        message_id=message["headers"]["FileName"],
        delivery_mode=2,
    )
    # Raises UnroutableError or NackError when the broker does not take it.
    channel.basic_publish("in.123456", "production", message["body"], properties, mandatory=True)
names = []
for method, properties, body in channel.consume("out.123456.production", inactivity_timeout=30):
    if method is None:
        break
    names.append(properties.headers["FileName"])
    channel.basic_ack(method.delivery_tag)
    if len(names) == 9:
        break
connection.close()
print("\n".join(names))
