package io.polymq.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TemporaryFolderTest {

    @Test
    void folderGoesWithAllThatIsInIt() throws Exception {
        TemporaryFolder folder = TemporaryFolder.create("polymq-test");
        Path inside = Files.createDirectories(folder.path().resolve("data/lane"));
        Files.writeString(inside.resolve("segment"), "records");

        folder.remove();

        assertThat(folder.path()).doesNotExist();
        folder.remove(); // once more does no harm
    }
}
