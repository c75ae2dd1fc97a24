"""Google Tink's own streaming AEAD with the parameters of docs/format.md: an independent reader."""

import tink
from tink import secret_key_access, streaming_aead
from tink.proto import aes_ctr_hmac_streaming_pb2, common_pb2, tink_pb2

KEY_TYPE = "type.googleapis.com/google.crypto.tink.AesCtrHmacStreamingKey"
SEGMENT_BYTES = 4096


def tink_primitive(file_key: bytes) -> streaming_aead.StreamingAead:
    """Tink's AES256_CTR_HMAC_SHA256_4KB under a given key."""
    streaming_aead.register()
    key = aes_ctr_hmac_streaming_pb2.AesCtrHmacStreamingKey(version=0, key_value=file_key)
    key.params.ciphertext_segment_size = SEGMENT_BYTES
    key.params.derived_key_size = 32
    key.params.hkdf_hash_type = common_pb2.SHA256
    key.params.hmac_params.hash = common_pb2.SHA256
    key.params.hmac_params.tag_size = 32
    keyset = tink_pb2.Keyset(primary_key_id=1)
    entry = keyset.key.add(key_id=1, status=tink_pb2.ENABLED, output_prefix_type=tink_pb2.RAW)
    entry.key_data.type_url = KEY_TYPE
    entry.key_data.value = key.SerializeToString()
    entry.key_data.key_material_type = tink_pb2.KeyData.SYMMETRIC
    handle = tink.proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)
    return handle.primitive(streaming_aead.StreamingAead)
