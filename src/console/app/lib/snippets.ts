// Ready-made text around a webhook: calling an incoming one, verifying what an outgoing one sends. The same as README.md
// and docs/examples show.
export interface Snippet {
  name: string;
  text: string;
  note?: string;
}

export function trigger_snippets(url: string): Snippet[] {
  return [
    {
      name: "curl",
      text: `curl -X POST "${url}" \\
  -H "Content-Type: application/json" \\
  -d '{"topic": "AI agents", "year": "2025"}'`,
    },
    {
      name: "GitHub Actions",
      note: "Save the URL as the repository secret CREWSHIP_WEBHOOK_URL.",
      text: `name: Run crew
on:
  push:
    branches: [main]

jobs:
  run:
    runs-on: ubuntu-latest
    steps:
      - name: Trigger the run
        env:
          WEBHOOK_URL: \${{ secrets.CREWSHIP_WEBHOOK_URL }}
          BRANCH: \${{ github.ref_name }}
        run: |
          jq -n --arg commit "$GITHUB_SHA" --arg branch "$BRANCH" '{$commit, $branch}' |
            curl --fail-with-body -sS -X POST "$WEBHOOK_URL" \\
              -H "Content-Type: application/json" \\
              -H "Idempotency-Key: $GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT" -d @-`,
    },
    {
      name: "crontab",
      note: "Every day at 9. In a crontab a % is written \\%.",
      text: `0 9 * * * curl --fail-with-body -sS -X POST "${url}" -H "Content-Type: application/json" -d "{\\"date\\": \\"$(date +\\%Y-\\%m-\\%d)\\"}"`,
    },
  ];
}

export const verify_snippets: Snippet[] = [
  {
    name: "Python",
    note: "With Flask; the secret comes from the environment.",
    text: `import hashlib, hmac, os
from flask import Flask, request

app = Flask(__name__)
SECRET = os.environ["CREWSHIP_SECRET"]

def valid(timestamp: str, body: bytes, signature: str) -> bool:
    expected = hmac.new(SECRET.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(signature, "sha256=" + expected)

@app.post("/webhook")
def webhook():
    timestamp = request.headers.get("X-Crewship-Timestamp", "")
    signature = request.headers.get("X-Crewship-Signature", "")
    if not valid(timestamp, request.get_data(), signature):
        return "Invalid signature", 401
    event = request.get_json()
    print(request.headers["X-Crewship-Delivery"], event["event"], event["data"]["run_id"])
    return "", 204
`,
  },
  {
    name: "Node",
    note: "With Express; the raw body is what was signed.",
    text: `import crypto from 'node:crypto';
import express from 'express';

const app = express();
const secret = process.env.CREWSHIP_SECRET;

function valid(timestamp, body, signature) {
  const expected = 'sha256=' + crypto.createHmac('sha256', secret).update(\`\${timestamp}.\`).update(body).digest('hex');
  return signature.length === expected.length && crypto.timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
}

app.post('/webhook', express.raw({ type: 'application/json' }), (req, res) => {
  const timestamp = req.get('X-Crewship-Timestamp') ?? '';
  const signature = req.get('X-Crewship-Signature') ?? '';
  if (!valid(timestamp, req.body, signature)) return res.status(401).send('Invalid signature');
  const { event, data } = JSON.parse(req.body);
  console.log(req.get('X-Crewship-Delivery'), event, data.run_id);
  res.status(204).end();
});

app.listen(9000);
`,
  },
  {
    name: "Go",
    note: "With the standard library alone.",
    text: `package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log"
	"net/http"
	"os"
)

var secret = os.Getenv("CREWSHIP_SECRET")

func valid(timestamp string, body []byte, signature string) bool {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return hmac.Equal([]byte(signature), []byte("sha256="+hex.EncodeToString(mac.Sum(nil))))
}

func webhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil || !valid(r.Header.Get("X-Crewship-Timestamp"), body, r.Header.Get("X-Crewship-Signature")) {
		http.Error(w, "invalid signature", http.StatusUnauthorized)
		return
	}
	log.Println(r.Header.Get("X-Crewship-Delivery"), r.Header.Get("X-Crewship-Event"))
	w.WriteHeader(http.StatusNoContent)
}

func main() {
	http.HandleFunc("/webhook", webhook)
	log.Fatal(http.ListenAndServe(":9000", nil))
}
`,
  },
  {
    name: "Terminal",
    note: "A receiver that checks each signature and says what differs.",
    text: "crewshipd listen --listen 127.0.0.1:9000 --secret whsec_…",
  },
];
