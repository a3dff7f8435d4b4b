package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

func ok(t mqtt.Token) error {
	if !t.WaitTimeout(15 * time.Second) {
		return errors.New("no answer")
	}
	return t.Error()
}

func dial3(url, id string, change func(*mqtt.ClientOptions)) (mqtt.Client, error) {
	o := mqtt.NewClientOptions().AddBroker(url).SetClientID(id).SetOrderMatters(true).SetAutoReconnect(false)
	o.SetTLSConfig(trust())
	if change != nil {
		change(o)
	}
	c := mqtt.NewClient(o)
	return c, ok(c.Connect())
}

func version3() {
	ways := map[string]string{"tcp": "tcp://" + host + ":" + port}
	if p := os.Getenv("MQTT_TLS_PORT"); p != "" {
		ways["tls"] = "ssl://localhost:" + p
	}
	if p := os.Getenv("MQTT_WS_PORT"); p != "" {
		ways["ws"] = "ws://" + host + ":" + p + "/mqtt"
	}
	if p := os.Getenv("MQTT_WSS_PORT"); p != "" {
		ways["wss"] = "wss://localhost:" + p + "/mqtt"
	}
	for way, url := range ways {
		for qos := byte(0); qos < 3; qos++ {
			run(fmt.Sprintf("3.1.1 on %s, QoS %d in order", way, qos), func() error { return order3(url, way, qos) })
		}
	}
	tcp := ways["tcp"]
	run("3.1.1 retained", func() error { return retained3(tcp) })
	run("3.1.1 what came while away", func() error { return away3(tcp) })
}

func order3(url, way string, qos byte) error {
	topic := fmt.Sprintf("go3/%s/%d", way, qos)
	box := &inbox{}
	c, err := dial3(url, "go3-"+way, nil)
	if err != nil {
		return err
	}
	defer c.Disconnect(100)
	if err := ok(c.Subscribe(topic, qos, func(_ mqtt.Client, m mqtt.Message) { box.add(string(m.Payload())) })); err != nil {
		return err
	}
	var last mqtt.Token
	for _, n := range numbers(200) {
		last = c.Publish(topic, qos, false, n)
	}
	if err := ok(last); err != nil {
		return err
	}
	if err := box.await(200); err != nil {
		return err
	}
	return same(box.all(), numbers(200))
}

func retained3(url string) error {
	box := &inbox{}
	c, err := dial3(url, "go3-kept", nil)
	if err != nil {
		return err
	}
	defer c.Disconnect(100)
	if err := ok(c.Publish("go3/kept", 1, true, "kept")); err != nil {
		return err
	}
	if err := ok(c.Subscribe("go3/kept", 1, func(_ mqtt.Client, m mqtt.Message) { box.add(fmt.Sprint(m.Retained(), " ", string(m.Payload()))) })); err != nil {
		return err
	}
	if err := box.await(1); err != nil {
		return err
	}
	if err := ok(c.Publish("go3/kept", 1, true, "")); err != nil {
		return err
	}
	return same(box.all()[:1], []string{"true kept"})
}

func away3(url string) error {
	box := &inbox{}
	stay := func(o *mqtt.ClientOptions) {
		o.SetCleanSession(false)
		o.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { box.add(string(m.Payload())) })
	}
	c, err := dial3(url, "go3-away", stay)
	if err != nil {
		return err
	}
	if err := ok(c.Subscribe("go3/away", 2, nil)); err != nil {
		return err
	}
	c.Disconnect(100)
	p, err := dial3(url, "go3-pub", nil)
	if err != nil {
		return err
	}
	for _, n := range numbers(100) {
		if err := ok(p.Publish("go3/away", 2, false, n)); err != nil {
			return err
		}
	}
	p.Disconnect(100)
	c, err = dial3(url, "go3-away", stay)
	if err != nil {
		return err
	}
	defer c.Disconnect(100)
	if err := box.await(100); err != nil {
		return err
	}
	return same(box.all(), numbers(100))
}
