package io.polymq.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class MainTest {
    private static final int JAVA_8_CLASS_FILE = 52;

    @Test
    void isReadableByJava8() throws IOException {
        try (var stream =
                new DataInputStream(
                        Objects.requireNonNull(Main.class.getResourceAsStream("Main.class")))) {
            stream.skipNBytes(6);
            assertThat(stream.readUnsignedShort()).isEqualTo(JAVA_8_CLASS_FILE);
        }
    }

    @Test
    void understandsOldAndNewVersionSchemes() {
        assertThat(Main.featureVersion("1.8")).isEqualTo(8);
        assertThat(Main.featureVersion("17")).isEqualTo(17);
        assertThat(Main.featureVersion("25")).isEqualTo(25);
    }

    @Test
    void complaintIsOneSentenceNamingBothVersions() {
        assertThat(Main.complaint("17.0.15", "/opt/java17"))
                .contains("25")
                .contains("17.0.15 (/opt/java17)")
                .doesNotContain("\n");
    }
}
