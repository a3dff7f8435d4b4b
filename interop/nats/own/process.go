package ntf

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// process is a managed server in a process of its own: the executable that NATS_SERVER names, with the configuration
// that the tester has written. It has as much of *server.Server as the tester asks for.
type process struct {
	options *server.Options
	command *exec.Cmd
	log     string
	mu      sync.Mutex
	running bool
	ended   chan struct{}
}

// launch starts the executable and waits until it listens.
func launch(configPath string) (*process, error) {
	options, err := server.ProcessConfigFile(configPath)
	if err != nil {
		return nil, fmt.Errorf("could not process config file: %v: %w", configPath, err)
	}
	p := &process{options: options, log: configPath + ".out", ended: make(chan struct{})}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p.command = exec.Command(os.Getenv("NATS_SERVER"), "-c", configPath)
	p.command.Dir = filepath.Dir(configPath)
	p.command.Stdout, p.command.Stderr = out, out
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	p.running = true
	go func() {
		p.command.Wait()
		p.mu.Lock()
		p.running = false
		p.mu.Unlock()
		close(p.ended)
	}()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", options.Port))
		if err == nil {
			conn.Close()
			return p, nil
		}
		if !p.Running() || time.Now().After(deadline) {
			p.Shutdown()
			said, _ := os.ReadFile(p.log)
			return nil, fmt.Errorf("the server did not start: %s", said)
		}
	}
}

func (p *process) Name() string { return p.options.ServerName }

func (p *process) ClusterName() string { return p.options.Cluster.Name }

func (p *process) ClusterAddr() *net.TCPAddr { return nil }

func (p *process) ClientURL() string { return fmt.Sprintf("nats://127.0.0.1:%d", p.options.Port) }

func (p *process) Running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running
}

func (p *process) Shutdown() {
	p.command.Process.Signal(syscall.SIGTERM)
	p.WaitForShutdown()
}

func (p *process) WaitForShutdown() {
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second):
		syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL)
		<-p.ended
	}
}

func (p *process) Reload() error {
	if !p.Running() {
		return errors.New("not running")
	}
	before := p.reloads()
	if err := p.command.Process.Signal(syscall.SIGHUP); err != nil {
		return err
	}
	for deadline := time.Now().Add(5 * time.Second); p.reloads() == before; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			return errors.New("the configuration was not read again")
		}
	}
	return nil
}

func (p *process) reloads() int {
	log := p.options.LogFile
	if log == "" {
		log = p.log
	}
	said, _ := os.ReadFile(log)
	return bytes.Count(said, []byte("Reloaded server configuration"))
}
