package io.polymq.nats.subject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.core.subject.Subject;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubjectTransformTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "foo.* | bar.$1 | foo.a | bar.a",
                "foo.*.* | bar.{{wildcard(2)}}.{{ Wildcard( 1 ) }} | foo.a.b | bar.b.a",
                "foo.> | baz.> | foo.a.b | baz.a.b",
                "> | all.> | a | all.a",
                "* | {{splitfromleft(1,3)}} | 12345 | 123.45",
                "* | {{SplitFromRight(1,3)}} | 12345 | 12.345",
                "* | {{SliceFromLeft(1,3)}} | 1234567890 | 123.456.789.0",
                "* | {{SliceFromRight(1,3)}} | 1234567890 | 1.234.567.890",
                "* | {{split(1,-)}} | -abc-def--ghi- | abc.def.ghi",
                "* | {{left(1,2)}}.{{right(1,3)}} | 12345 | 12.345",
                "* | {{left(1,9)}} | 12345 | 12345",
                "*.bar.* | {{partition(10,1,2)}} | foo.bar.baz | 8",
                "* | {{partition(10,1)}} | foo | 3",
                "foo | bar | foo | bar"
            })
    void aSubjectBecomesWhatItsTransformSays(String from, String to, String subject, String made) {
        assertThat(SubjectTransform.of(from, to).apply(subject)).isEqualTo(made);
    }

    @Test
    void whatTheSourceDoesNotMatchBecomesNothing() {
        assertThat(SubjectTransform.of("foo.*", "bar.$1").apply("foo.a.b")).isNull();
        assertThat(SubjectTransform.of("foo.>", "bar.>").apply("foo")).isNull();
        assertThat(SubjectTransform.of("foo.*", "bar.$1").apply("fo.a")).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "foo.* | bar.$2",
                "foo.* | bar.*",
                "foo.> | bar",
                "foo | bar.>",
                "foo..x | bar",
                "foo.* | bar.{{unknown(1)}}",
                "foo.* | bar.{{wildcard(1,2)}}",
                "foo.* | {{split(1,.)}}"
            })
    void whatCannotBeATransformIsRefused(String from, String to) {
        assertThatThrownBy(() -> SubjectTransform.of(from, to))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anImportsTransformCanBeTurnedBack() {
        SubjectTransform there = SubjectTransform.reversible("a.*.b.*", "x.$2.$1");
        assertThat(there.apply("a.1.b.2")).isEqualTo("x.2.1");
        assertThat(there.reversed().apply("x.2.1")).isEqualTo("a.1.b.2");
        assertThatThrownBy(() -> SubjectTransform.reversible("a.*.*", "x.$1"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void weightsDivideTheMessagesAndWhatIsLeftGoesWhereItAlwaysWent() {
        SubjectMappings mappings =
                Objects.requireNonNull(
                        SubjectMappings.of(
                                List.of(
                                        new SubjectMappings.Mapping(
                                                "a",
                                                List.of(
                                                        new SubjectMappings.Destination(
                                                                "b", 30))))));
        int mapped = 0;
        for (int i = 0; i < 2_000; i++) {
            Subject to = mappings.apply(Subject.ofDotted("a")).orElseThrow();
            assertThat(to.toString()).isIn("a", "b");
            mapped += to.toString().equals("b") ? 1 : 0;
        }
        assertThat(mapped).isBetween(450, 750);
        assertThat(mappings.apply(Subject.ofDotted("c"))).contains(Subject.ofDotted("c"));
    }

    @Test
    void whoListsTheSourceItselfWithLessThanAHundredWantsLoss() {
        SubjectMappings mappings =
                Objects.requireNonNull(
                        SubjectMappings.of(
                                List.of(
                                        new SubjectMappings.Mapping(
                                                "a",
                                                List.of(
                                                        new SubjectMappings.Destination(
                                                                "a", 20))))));
        int kept = 0;
        for (int i = 0; i < 2_000; i++) {
            kept += mappings.apply(Subject.ofDotted("a")).isPresent() ? 1 : 0;
        }
        assertThat(kept).isBetween(280, 520);
    }
}
