// Paho's two Go clients: paho.mqtt.golang (3.1.1) and autopaho (5).
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sort"
	"strconv"
	"sync"
	"time"
)

var (
	host = os.Getenv("POLYMQ_HOST")
	port = os.Getenv("MQTT_PORT")
)

type inbox struct {
	sync.Mutex
	got []string
}

func (b *inbox) add(text string) {
	b.Lock()
	defer b.Unlock()
	b.got = append(b.got, text)
}

func (b *inbox) all() []string {
	b.Lock()
	defer b.Unlock()
	return append([]string(nil), b.got...)
}

func (b *inbox) await(count int) error {
	end := time.Now().Add(15 * time.Second)
	for len(b.all()) < count {
		if time.Now().After(end) {
			return fmt.Errorf("%d messages instead of %d", len(b.all()), count)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return nil
}

func numbers(count int) []string {
	all := make([]string, count)
	for i := range all {
		all[i] = strconv.Itoa(i)
	}
	return all
}

func same(got, wanted []string) error {
	if fmt.Sprint(got) != fmt.Sprint(wanted) {
		return fmt.Errorf("expected %v, got %v", wanted, got)
	}
	return nil
}

func sortedNumbers(texts []string) []string {
	sort.Slice(texts, func(i, j int) bool {
		a, _ := strconv.Atoi(texts[i])
		b, _ := strconv.Atoi(texts[j])
		return a < b
	})
	return texts
}

func trust() *tls.Config {
	pem, err := os.ReadFile(os.Getenv("MQTT_CA"))
	if err != nil {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: pool, ServerName: "localhost"}
}

func run(name string, action func() error) {
	if err := action(); err != nil {
		fmt.Printf("FAIL %s: %v\n", name, err)
		return
	}
	fmt.Println("ok " + name)
}

func main() {
	version3()
	version5()
}
