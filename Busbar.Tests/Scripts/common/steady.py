"""Sends COUNT chat requests over WIDTH kept connections, every fifth a stream, spread over at least twenty seconds, and fails when one of them is not
answered in full. usage: steady.py PORT COUNT WIDTH"""
import http.client
import json
import sys
import threading
import time

port, count, width = map(int, sys.argv[1:])
lost = []
numbers = iter(range(count))
turn = threading.Lock()
pause = 20 * width / count


def connect():
    return http.client.HTTPConnection("127.0.0.1", port, timeout=30)


def ask(connection, number):
    stream = number % 5 == 0
    body = json.dumps({"model": "m", "stream": stream, "messages": [{"role": "user", "content": "hi"}]})
    connection.request("POST", "/v1/chat/completions", body, {"Authorization": "Bearer a-token-for-this-test", "Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status != 200 or not (text.rstrip().endswith("[DONE]") and "w9" in text if stream else "hello" in text):
        raise ValueError(f"{answer.status}: {text[-200:]}")


def work():
    connection = connect()
    while True:
        with turn:
            number = next(numbers, None)
        if number is None:
            return
        try:
            ask(connection, number)
        except Exception as problem:
            lost.append((number, repr(problem)))
            connection.close()
            connection = connect()
        time.sleep(pause)


threads = [threading.Thread(target=work) for _ in range(width)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for entry in lost[:5]:
    print(*entry)
print(f"{count - len(lost)} answered, {len(lost)} lost")
sys.exit(1 if lost else 0)
