// A whole receiver for crewshipd's deliveries, with nothing but the standard library.
//
//	CREWSHIP_SECRET=whsec_… go run verify.go [PORT]
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

const tolerance = 5 * time.Minute

var (
	secret = os.Getenv("CREWSHIP_SECRET")
	seen   sync.Map // delivery ids; a real receiver keeps them in its database
)

func valid(secret, timestamp string, body []byte, signature string) bool {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return hmac.Equal([]byte(signature), []byte("sha256="+hex.EncodeToString(mac.Sum(nil))))
}

func recent(timestamp string) bool {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	return err == nil && time.Since(time.Unix(seconds, 0)).Abs() <= tolerance
}

func receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, "the body cannot be read", http.StatusBadRequest)
		return
	}
	timestamp, delivery := r.Header.Get("X-Crewship-Timestamp"), r.Header.Get("X-Crewship-Delivery")
	if !recent(timestamp) || !valid(secret, timestamp, body, r.Header.Get("X-Crewship-Signature")) {
		fmt.Printf("refused %s: the signature is not valid\n", delivery)
		http.Error(w, "the signature is not valid", http.StatusUnauthorized)
		return
	}
	if _, again := seen.LoadOrStore(delivery, true); again { // a delivery may come more than once
		fmt.Printf("seen before: %s\n", delivery)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	var event struct {
		Event string `json:"event"`
		Data  struct {
			RunID  string          `json:"run_id"`
			Output json.RawMessage `json:"output"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &event); err != nil {
		http.Error(w, "the body is not JSON", http.StatusBadRequest)
		return
	}
	fmt.Printf("%s %s: %s\n", event.Event, event.Data.RunID, event.Data.Output)
	w.WriteHeader(http.StatusNoContent)
}

func main() {
	port := "9000"
	if len(os.Args) > 1 {
		port = os.Args[1]
	}
	if secret == "" {
		log.Fatal("CREWSHIP_SECRET is not set")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s/\n", listener.Addr())
	log.Fatal(http.Serve(listener, http.HandlerFunc(receive)))
}
