package io.polymq.config.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuantitiesTest {

    @Test
    void durationsAreReadWithTheirUnits() {
        assertThat(Quantities.duration("0")).contains(Duration.ZERO);
        assertThat(Quantities.duration("500ms")).contains(Duration.ofMillis(500));
        assertThat(Quantities.duration("1h30m")).contains(Duration.ofMinutes(90));
        assertThat(Quantities.duration("7d")).contains(Duration.ofDays(7));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "s", "5 s", "-5s", "5s5", "5x", "1.5s", "999999999999999999d"})
    void whatIsNoDurationIsRefused(String text) {
        assertThat(Quantities.duration(text)).isEmpty();
    }

    @Test
    void sizesAreReadWithTheirUnits() {
        assertThat(Quantities.size("12")).hasValue(12);
        assertThat(Quantities.size("64KiB")).hasValue(65_536);
        assertThat(Quantities.size("64 kib")).hasValue(65_536);
        assertThat(Quantities.size("10MB")).hasValue(10_000_000);
        assertThat(Quantities.size("1GiB")).hasValue(1L << 30);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "KiB", "-1", "1.5MB", "64 K B", "999999999999999999TiB"})
    void whatIsNoSizeIsRefused(String text) {
        assertThat(Quantities.size(text)).isEmpty();
    }

    @Test
    void aSlipOfTheFingerIsOneStepAway() {
        assertThat(Nearest.distance("tcp_prot", "tcp_port")).isEqualTo(1);
        assertThat(Nearest.distance("tcp_por", "tcp_port")).isEqualTo(1);
        assertThat(Nearest.distance("", "abc")).isEqualTo(3);
    }
}
