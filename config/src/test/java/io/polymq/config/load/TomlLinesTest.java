package io.polymq.config.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class TomlLinesTest {

    @Test
    void everyKindOfKeyIsFoundBehindEveryKindOfValue() {
        Map<String, Integer> lines =
                new TomlLines(
                                """
                                # head = 1
                                a = "x # no = 2" # b = 3
                                b.c = 'it\\'
                                "d e" = \"""
                                [not]
                                a header = \\\""" still\"""\"
                                e = [ # why
                                  1,
                                  { f = 2,
                                    g = [3] },
                                ]
                                h = { i.j = '''
                                k = 1''' }
                                [l.m] # n
                                o=1

                                [[p]]
                                q = 1
                                [[p]]
                                q = 2
                                [p.r]
                                s = 3
                                t = 2026-01-01T00:00:00Z
                                """)
                        .find();

        assertThat(lines)
                .containsEntry("a", 2)
                .containsEntry("b.c", 3)
                .containsEntry("d e", 4)
                .containsEntry("e", 7)
                .containsEntry("e[0]", 8)
                .containsEntry("e[1].f", 9)
                .containsEntry("e[1].g", 10)
                .containsEntry("h.i.j", 12)
                .containsEntry("l.m", 14)
                .containsEntry("l.m.o", 15)
                .containsEntry("p[0].q", 18)
                .containsEntry("p[1]", 19)
                .containsEntry("p[1].q", 20)
                .containsEntry("p[1].r.s", 22)
                .containsEntry("p[1].r.t", 23)
                .doesNotContainKeys("head", "k", "not", "n");
    }

    @Test
    void aTextThatIsNotTomlEndsTheSearch() {
        String text = "[a]\nb = [ { c = \"\"\"x\n[[d]\n= = =\n";
        for (int end = 0; end <= text.length(); end++) {
            assertThat(new TomlLines(text.substring(0, end)).find()).isNotNull();
        }
    }
}
