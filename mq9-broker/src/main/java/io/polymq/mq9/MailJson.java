package io.polymq.mq9;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;

/** Mails in replies. Shared, stateless. */
final class MailJson {

    private MailJson() {}

    static byte[] messages(List<Mail> mails, Mail.Encoding encoding) {
        return Replies.ok(
                json -> {
                    json.writeArrayFieldStart("messages");
                    for (Mail mail : mails) {
                        mail.write(json, encoding);
                    }
                    json.writeEndArray();
                });
    }

    /** How many, from the first, fit into a reply; at least one. */
    static int fitting(List<Mail> mails, int maxBytes) {
        int bytes = 0;
        for (int i = 0; i < mails.size(); i++) {
            bytes += mails.get(i).weight();
            if (bytes > maxBytes && i > 0) {
                return i;
            }
        }
        return mails.size();
    }

    static void pushed(JsonGenerator json, String subscription, Mail mail, Mail.Encoding encoding)
            throws IOException {
        json.writeStringField("subscription_id", subscription);
        json.writeFieldName("message");
        mail.write(json, encoding);
    }
}
