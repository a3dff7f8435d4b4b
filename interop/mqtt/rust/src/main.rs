//! rumqttc, versions 3.1.1 and 5: each QoS, retained, will, what came while away.
use std::env;
use std::time::{Duration, Instant};

fn port() -> u16 {
    env::var("MQTT_PORT").unwrap().parse().unwrap()
}

fn host() -> String {
    env::var("POLYMQ_HOST").unwrap()
}

fn case(name: &str, result: Result<(), String>) {
    match result {
        Ok(()) => println!("ok {name}"),
        Err(why) => println!("FAIL {name}: {why}"),
    }
}

fn in_order(got: &[String], count: usize) -> Result<(), String> {
    let wanted: Vec<String> = (0..count).map(|i| i.to_string()).collect();
    if got == wanted {
        Ok(())
    } else {
        Err(format!("{} messages, not {} in order", got.len(), count))
    }
}

mod v3 {
    use super::*;
    use rumqttc::{Client, Connection, Event, LastWill, MqttOptions, Packet, QoS};

    pub fn dial(id: &str, clean: bool, will: Option<LastWill>) -> (Client, Connection) {
        let mut options = MqttOptions::new(id, host(), port());
        options.set_clean_session(clean).set_keep_alive(Duration::from_secs(20));
        if let Some(will) = will {
            options.set_last_will(will);
        }
        Client::new(options, 1000)
    }

    pub fn receive(connection: &mut Connection, count: usize) -> Result<Vec<String>, String> {
        let end = Instant::now() + Duration::from_secs(15);
        let mut got = Vec::new();
        while got.len() < count && Instant::now() < end {
            match connection.recv_timeout(Duration::from_millis(500)) {
                Ok(Ok(Event::Incoming(Packet::Publish(p)))) => got.push(String::from_utf8_lossy(&p.payload).into_owned()),
                Ok(Ok(_)) | Err(_) => {}
                Ok(Err(e)) => return Err(e.to_string()),
            }
        }
        Ok(got)
    }

    pub fn settle(connection: &mut Connection, millis: u64) {
        let end = Instant::now() + Duration::from_millis(millis);
        while Instant::now() < end {
            let _ = connection.recv_timeout(Duration::from_millis(20));
        }
    }

    pub fn order(qos: QoS, topic: &str) -> Result<(), String> {
        let (client, mut connection) = dial("rust3", true, None);
        client.subscribe(topic, qos).map_err(|e| e.to_string())?;
        for i in 0..200 {
            client.publish(topic, qos, false, i.to_string()).map_err(|e| e.to_string())?;
        }
        in_order(&receive(&mut connection, 200)?, 200)
    }

    pub fn retained() -> Result<(), String> {
        let (client, mut connection) = dial("rust3r", true, None);
        client.publish("rust3/kept", QoS::AtLeastOnce, true, "0").map_err(|e| e.to_string())?;
        settle(&mut connection, 300);
        client.subscribe("rust3/kept", QoS::AtLeastOnce).map_err(|e| e.to_string())?;
        in_order(&receive(&mut connection, 1)?, 1)
    }

    pub fn will() -> Result<(), String> {
        let (client, mut connection) = dial("rust3w", true, None);
        client.subscribe("rust3/will", QoS::AtLeastOnce).map_err(|e| e.to_string())?;
        settle(&mut connection, 300);
        {
            let will = LastWill::new("rust3/will", "0", QoS::AtLeastOnce, false);
            let (_mortal, mut its) = dial("rust3m", true, Some(will));
            settle(&mut its, 300);
        }
        in_order(&receive(&mut connection, 1)?, 1)
    }

    pub fn away() -> Result<(), String> {
        {
            let (client, mut connection) = dial("rust3a", false, None);
            client.subscribe("rust3/away", QoS::ExactlyOnce).map_err(|e| e.to_string())?;
            settle(&mut connection, 300);
        }
        let (publisher, mut its) = dial("rust3p", true, None);
        for i in 0..100 {
            publisher.publish("rust3/away", QoS::ExactlyOnce, false, i.to_string()).map_err(|e| e.to_string())?;
        }
        settle(&mut its, 1000);
        let (_client, mut connection) = dial("rust3a", false, None);
        in_order(&receive(&mut connection, 100)?, 100)
    }
}

mod v5 {
    use super::*;
    use rumqttc::v5::mqttbytes::v5::Packet;
    use rumqttc::v5::mqttbytes::QoS;
    use rumqttc::v5::{Client, Event, MqttOptions};

    pub fn order(qos: QoS, topic: &str) -> Result<(), String> {
        let mut options = MqttOptions::new("rust5", host(), port());
        options.set_keep_alive(Duration::from_secs(20));
        let (client, mut connection) = Client::new(options, 1000);
        client.subscribe(topic, qos).map_err(|e| e.to_string())?;
        for i in 0..200 {
            client.publish(topic, qos, false, i.to_string()).map_err(|e| e.to_string())?;
        }
        let end = Instant::now() + Duration::from_secs(15);
        let mut got = Vec::new();
        while got.len() < 200 && Instant::now() < end {
            match connection.recv_timeout(Duration::from_millis(500)) {
                Ok(Ok(Event::Incoming(Packet::Publish(p)))) => got.push(String::from_utf8_lossy(&p.payload).into_owned()),
                Ok(Ok(_)) | Err(_) => {}
                Ok(Err(e)) => return Err(e.to_string()),
            }
        }
        in_order(&got, 200)
    }
}

fn main() {
    use rumqttc::QoS as Q3;
    use rumqttc::v5::mqttbytes::QoS as Q5;
    for (n, qos) in [Q3::AtMostOnce, Q3::AtLeastOnce, Q3::ExactlyOnce].into_iter().enumerate() {
        case(&format!("3.1.1 QoS {n} in order"), v3::order(qos, &format!("rust3/{n}")));
    }
    for (n, qos) in [Q5::AtMostOnce, Q5::AtLeastOnce, Q5::ExactlyOnce].into_iter().enumerate() {
        case(&format!("5 QoS {n} in order"), v5::order(qos, &format!("rust5/{n}")));
    }
    case("3.1.1 retained", v3::retained());
    case("3.1.1 will", v3::will());
    case("3.1.1 what came while away", v3::away());
}
