package io.polymq.core.schema;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A Protobuf message: it must decode, with all that the schema requires. */
final class ProtobufCheck implements PayloadCheck {

    private final Descriptor type;

    ProtobufCheck(Schema of) throws SchemaException {
        try {
            FileDescriptorSet set =
                    FileDescriptorSet.parseFrom(Base64.getMimeDecoder().decode(of.text()));
            Map<String, FileDescriptor> built = new HashMap<>();
            Descriptor found = null;
            for (FileDescriptorProto file : set.getFileList()) {
                FileDescriptor descriptor = build(file, built);
                String prefix = file.getPackage().isEmpty() ? "" : file.getPackage() + ".";
                if (of.type().startsWith(prefix)) {
                    Descriptor here =
                            descriptor.findMessageTypeByName(of.type().substring(prefix.length()));
                    found = here == null ? found : here;
                }
            }
            if (found == null) {
                throw new SchemaException("no message type " + of.type() + " in the descriptors");
            }
            type = found;
        } catch (IOException | DescriptorValidationException | IllegalArgumentException e) {
            throw new SchemaException("not usable Protobuf descriptors: " + e.getMessage(), e);
        }
    }

    /** The set lists a file behind those that it imports. */
    private static FileDescriptor build(FileDescriptorProto file, Map<String, FileDescriptor> built)
            throws DescriptorValidationException, SchemaException {
        FileDescriptor[] imports = new FileDescriptor[file.getDependencyCount()];
        for (int i = 0; i < imports.length; i++) {
            FileDescriptor imported = built.get(file.getDependency(i));
            if (imported == null) {
                throw new SchemaException(
                        file.getName()
                                + " imports "
                                + file.getDependency(i)
                                + ", which is missing");
            }
            imports[i] = imported;
        }
        FileDescriptor descriptor = FileDescriptor.buildFrom(file, imports);
        built.put(file.getName(), descriptor);
        return descriptor;
    }

    @Override
    public @Nullable String fault(byte[] payload, int offset, int length) {
        try {
            DynamicMessage.Builder decoded =
                    DynamicMessage.newBuilder(type).mergeFrom(payload, offset, length);
            return decoded.isInitialized()
                    ? null
                    : "not a whole "
                            + type.getFullName()
                            + ": "
                            + decoded.getInitializationErrorString()
                            + " is missing";
        } catch (InvalidProtocolBufferException | RuntimeException e) {
            return "not a " + type.getFullName() + ": " + e.getMessage();
        }
    }
}
