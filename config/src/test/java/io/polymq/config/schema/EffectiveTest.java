package io.polymq.config.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.config.MqttConfig;
import io.polymq.config.PolyMqConfig;
import io.polymq.config.UserConfig;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EffectiveTest {

    @Test
    void everyKeyIsUnderItsDottedName() {
        Map<String, String> values = Effective.of(PolyMqConfig.DEFAULT);

        assertThat(values)
                .containsEntry("cluster_name", "polymq")
                .containsEntry("admin.port", "9600")
                .containsEntry("data_path", "data");
    }

    @Test
    void portsBelongToTheProtocolsSectionItself() {
        MqttConfig mqtt = Defaults.with(MqttConfig.class, "tcp_port=1884");

        assertThat(Effective.of(mqtt)).containsEntry("tcp_port", "1884");
    }

    @Test
    void secretsAreStars() {
        UserConfig user = Defaults.with(UserConfig.class, "name=ann", "password=hunter2");

        Map<String, String> values = Effective.of(user);

        assertThat(values).containsEntry("name", "ann").containsEntry("password", "***");
        assertThat(values.toString()).doesNotContain("hunter2");
    }
}
