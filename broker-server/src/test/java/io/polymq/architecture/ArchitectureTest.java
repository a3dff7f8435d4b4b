package io.polymq.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The requires-graph of docs/architecture.md, as rules on everything that the broker process is
 * built of. Maven's module graph already refuses most of it; this keeps a careless new dependency
 * in a pom from opening the gate.
 */
class ArchitectureTest {
    private static final List<String> BROKERS = List.of("mqtt", "kafka", "amqp", "nats", "mq9");

    private static JavaClasses classes;

    @BeforeAll
    static void importMainClasses() {
        classes =
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("io.polymq");
        assertThat(classes).isNotEmpty();
    }

    @Test
    void configIsALeaf() {
        check(
                noClasses()
                        .that()
                        .resideInAPackage("io.polymq.config..")
                        .should()
                        .dependOnClassesThat(areOursOutside("io.polymq.config")));
    }

    @Test
    void networkServerKnowsOnlyConfigAndNoProtocol() {
        check(
                noClasses()
                        .that()
                        .resideInAPackage("io.polymq.network..")
                        .should()
                        .dependOnClassesThat(
                                areOursOutside("io.polymq.network", "io.polymq.config")));
    }

    @Test
    void codecsKnowNothingOfOurs() {
        check(
                noClasses()
                        .that()
                        .resideInAPackage("io.polymq.codec..")
                        .should()
                        .dependOnClassesThat(areOursOutside("io.polymq.codec")));
    }

    @Test
    void storageAndMetadataKnowOnlyConfig() {
        check(
                noClasses()
                        .that()
                        .resideInAPackage("io.polymq.storage..")
                        .should()
                        .dependOnClassesThat(
                                areOursOutside("io.polymq.storage", "io.polymq.config")));
        check(
                noClasses()
                        .that()
                        .resideInAPackage("io.polymq.meta..")
                        .should()
                        .dependOnClassesThat(areOursOutside("io.polymq.meta", "io.polymq.config")));
    }

    @Test
    void storageAndMetadataKnowNoNetty() {
        check(
                noClasses()
                        .that()
                        .resideInAnyPackage("io.polymq.storage..", "io.polymq.meta..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("io.netty.."));
    }

    @Test
    void coreKnowsOnlyStorageMetadataAndConfig() {
        check(
                noClasses()
                        .that()
                        .resideInAPackage("io.polymq.core..")
                        .should()
                        .dependOnClassesThat(
                                areOursOutside(
                                        "io.polymq.core",
                                        "io.polymq.storage",
                                        "io.polymq.meta",
                                        "io.polymq.config")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mqtt", "kafka", "amqp", "nats", "mq9"})
    void brokersDoNotKnowEachOtherNorTheServer(String broker) {
        Stream<String> others =
                BROKERS.stream()
                        .filter(other -> !other.equals(broker))
                        .flatMap(other -> Stream.of("io.polymq." + other + ".."));
        check(
                noClasses()
                        .that()
                        .resideInAPackage("io.polymq." + broker + "..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(
                                Stream.concat(
                                                others,
                                                Stream.of(
                                                        "io.polymq.server..", "io.polymq.admin.."))
                                        .toArray(String[]::new)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mqtt", "kafka", "amqp", "nats"})
    void brokersUseOnlyTheirOwnCodec(String broker) {
        String[] otherCodecs =
                BROKERS.stream()
                        .filter(other -> !other.equals(broker))
                        .map(other -> "io.polymq.codec." + other + "..")
                        .toArray(String[]::new);
        check(
                noClasses()
                        .that()
                        .resideInAPackage("io.polymq." + broker + "..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(otherCodecs));
    }

    @Test
    void thereIsNoStaticMutableState() {
        check(
                fields().that(
                                DescribedPredicate.describe(
                                        "are static and written by hand",
                                        field ->
                                                field.getModifiers().contains(JavaModifier.STATIC)
                                                        && !isGenerated(field.getOwner())))
                        .should()
                        .beFinal());
    }

    @Test
    void namesSayTheThingItself() {
        check(
                noClasses()
                        .that(
                                DescribedPredicate.describe(
                                        "are written by hand", type -> !isGenerated(type)))
                        .should()
                        .haveNameMatching(".*[.$](Abstract\\w+|\\w+(Util|Utils|Helper|Impl))$"));
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(classes);
    }

    /** Protocol buffers and gRPC stubs. */
    private static boolean isGenerated(JavaClass type) {
        return type.getPackageName().startsWith("io.polymq.meta.proto");
    }

    private static DescribedPredicate<JavaClass> areOursOutside(String... roots) {
        return DescribedPredicate.describe(
                "belong to PolyMQ outside of " + Arrays.toString(roots),
                type ->
                        isIn(type, "io.polymq")
                                && Arrays.stream(roots).noneMatch(root -> isIn(type, root)));
    }

    private static boolean isIn(JavaClass type, String root) {
        String name = type.getPackageName();
        return name.equals(root) || name.startsWith(root + ".");
    }
}
