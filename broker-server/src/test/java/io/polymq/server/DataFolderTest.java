package io.polymq.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFolderTest {
    @TempDir Path temporary;

    private static StartupException refused(Path path) {
        StartupException refused =
                catchThrowableOfType(StartupException.class, () -> DataFolder.open(path).close());
        assertThat(refused).as("opening %s is refused", path).isNotNull();
        assertThat(refused.getMessage()).contains(path.toString()).doesNotContain("\n");
        return refused;
    }

    @Test
    void theFolderIsMade() throws Exception {
        Path path = temporary.resolve("a/b");

        try (DataFolder folder = DataFolder.open(path)) {
            assertThat(folder.path()).isEqualTo(path).isDirectory();
        }
    }

    @Test
    void aSecondBrokerIsToldWhoHasIt() throws Exception {
        try (DataFolder first = DataFolder.open(temporary)) {
            StartupException second = refused(first.path());

            assertThat(second.exitCode()).isEqualTo(ExitCode.IN_USE);
            assertThat(second).hasMessageContaining("process " + ProcessHandle.current().pid());
        }
    }

    @Test
    void afterTheFirstHasEndedAnotherMayHaveIt() throws Exception {
        DataFolder.open(temporary).close();

        try (DataFolder next = DataFolder.open(temporary)) {
            assertThat(next.path()).isEqualTo(temporary);
        }
    }

    @Test
    void aFileInTheWayIsTold() throws Exception {
        Path file = Files.createFile(temporary.resolve("file"));

        assertThat(refused(file).exitCode()).isEqualTo(ExitCode.CANNOT_CREATE);
        assertThat(refused(file.resolve("below")).exitCode()).isEqualTo(ExitCode.CANNOT_CREATE);
    }

    @Test
    void aFolderThatMayNotBeWrittenIsTold() throws Exception {
        assumeFalse("root".equals(System.getProperty("user.name")), "root may write everywhere");
        Path sealed =
                Files.createDirectory(
                        temporary.resolve("sealed"),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("r-xr-xr-x")));

        assertThat(refused(sealed).exitCode()).isEqualTo(ExitCode.CANNOT_CREATE);
        assertThat(refused(sealed.resolve("below")).exitCode()).isEqualTo(ExitCode.CANNOT_CREATE);
    }

    @Test
    void aPlaceWhereNobodyMayWriteIsTold() {
        Path kernel = Path.of("/proc/polymq");

        assertThat(refused(kernel).exitCode()).isEqualTo(ExitCode.CANNOT_CREATE);
    }
}
