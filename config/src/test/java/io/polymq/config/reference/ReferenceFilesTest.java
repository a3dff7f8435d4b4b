package io.polymq.config.reference;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.config.PolyMqConfig;
import io.polymq.config.load.ConfigLoader;
import io.polymq.config.load.ConfigSources;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The files that users read are what the records say. */
class ReferenceFilesTest {
    private static final Path ROOT = root();

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.exists(folder.resolve("mvnw"))) {
            folder = folder.getParent();
        }
        assertThat(folder).as("the folder that holds mvnw").isNotNull();
        return folder;
    }

    private static void isUpToDate(String file, String expected) throws Exception {
        Path path = ROOT.resolve(file);
        if (Boolean.getBoolean("polymq.regenerate")) {
            Files.createDirectories(path.getParent());
            Files.writeString(path, expected);
        }
        assertThat(path)
                .as(
                        "%s differs from the configuration's records; write it anew with"
                                + " ./mvnw -pl config test -Dtest=ReferenceFilesTest -Dpolymq.regenerate=true",
                        file)
                .hasContent(expected);
    }

    @Test
    void theTomlFileIsUpToDate() throws Exception {
        isUpToDate("config/polymq.toml", TomlReference.of(PolyMqConfig.class));
    }

    @Test
    void theYamlFileIsUpToDate() throws Exception {
        isUpToDate("config/polymq.yaml", YamlReference.of(PolyMqConfig.class));
    }

    @Test
    void thePageIsUpToDate() throws Exception {
        isUpToDate("docs/configuration.md", MarkdownReference.of(PolyMqConfig.class));
    }

    @Test
    void theWrittenDefaultsAreTheDefaults() throws Exception {
        for (String file : List.of("config/polymq.toml", "config/polymq.yaml")) {
            ConfigSources sources = new ConfigSources(ROOT.resolve(file), Map.of(), List.of());
            assertThat(ConfigLoader.load(sources).config())
                    .as(file)
                    .isEqualTo(PolyMqConfig.DEFAULT);
        }
    }

    @Test
    void everyKeyIsExplained() {
        explained(SectionDoc.of(PolyMqConfig.class));
    }

    private static void explained(SectionDoc section) {
        section.keys()
                .forEach(
                        key ->
                                assertThat(key.doc())
                                        .as("@Doc of %s.%s", section.path(), key.name())
                                        .isNotBlank());
        section.sections().forEach(ReferenceFilesTest::explained);
    }
}
