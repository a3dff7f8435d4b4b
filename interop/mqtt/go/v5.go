package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/paho"
)

func dial5(ctx context.Context, id string, expiry uint32, box *inbox) (*autopaho.ConnectionManager, error) {
	server, err := url.Parse("mqtt://" + host + ":" + port)
	if err != nil {
		return nil, err
	}
	c, err := autopaho.NewConnection(ctx, autopaho.ClientConfig{
		ServerUrls:                    []*url.URL{server},
		KeepAlive:                     20,
		CleanStartOnInitialConnection: expiry == 0,
		SessionExpiryInterval:         expiry,
		ClientConfig: paho.ClientConfig{
			ClientID: id,
			OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(r paho.PublishReceived) (bool, error) {
				box.add(string(r.Packet.Payload))
				return true, nil
			}},
		},
	})
	if err != nil {
		return nil, err
	}
	return c, c.AwaitConnection(ctx)
}

func version5() {
	for qos := byte(0); qos < 3; qos++ {
		run(fmt.Sprintf("5 QoS %d in order", qos), func() error { return order5(qos) })
	}
	run("5 shared subscription", shared5)
	run("5 what came while away", away5)
}

func within() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 30*time.Second)
}

func subscribe5(ctx context.Context, c *autopaho.ConnectionManager, topic string, qos byte) error {
	_, err := c.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: topic, QoS: qos}}})
	return err
}

func publish5(ctx context.Context, c *autopaho.ConnectionManager, topic string, qos byte, count int) error {
	for _, n := range numbers(count) {
		if _, err := c.Publish(ctx, &paho.Publish{Topic: topic, QoS: qos, Payload: []byte(n)}); err != nil {
			return err
		}
	}
	return nil
}

func order5(qos byte) error {
	ctx, cancel := within()
	defer cancel()
	box := &inbox{}
	c, err := dial5(ctx, "go5", 0, box)
	if err != nil {
		return err
	}
	defer c.Disconnect(ctx)
	topic := fmt.Sprintf("go5/%d", qos)
	if err := subscribe5(ctx, c, topic, qos); err != nil {
		return err
	}
	if err := publish5(ctx, c, topic, qos, 200); err != nil {
		return err
	}
	if err := box.await(200); err != nil {
		return err
	}
	return same(box.all(), numbers(200))
}

func shared5() error {
	ctx, cancel := within()
	defer cancel()
	box := &inbox{}
	for _, id := range []string{"go5-s1", "go5-s2"} {
		c, err := dial5(ctx, id, 0, box)
		if err != nil {
			return err
		}
		defer c.Disconnect(ctx)
		if err := subscribe5(ctx, c, "$share/go/go5/shared", 1); err != nil {
			return err
		}
	}
	p, err := dial5(ctx, "go5-p", 0, &inbox{})
	if err != nil {
		return err
	}
	defer p.Disconnect(ctx)
	if err := publish5(ctx, p, "go5/shared", 1, 100); err != nil {
		return err
	}
	if err := box.await(100); err != nil {
		return err
	}
	return same(sortedNumbers(box.all()), numbers(100))
}

func away5() error {
	ctx, cancel := within()
	defer cancel()
	box := &inbox{}
	c, err := dial5(ctx, "go5-away", 600, box)
	if err != nil {
		return err
	}
	if err := subscribe5(ctx, c, "go5/away", 2); err != nil {
		return err
	}
	if err := c.Disconnect(ctx); err != nil {
		return err
	}
	p, err := dial5(ctx, "go5-p", 0, &inbox{})
	if err != nil {
		return err
	}
	defer p.Disconnect(ctx)
	if err := publish5(ctx, p, "go5/away", 2, 100); err != nil {
		return err
	}
	c, err = dial5(ctx, "go5-away", 600, box)
	if err != nil {
		return err
	}
	defer c.Disconnect(ctx)
	if err := box.await(100); err != nil {
		return err
	}
	return same(box.all(), numbers(100))
}
