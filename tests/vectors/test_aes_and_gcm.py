"""AES-256 in ECB and in our own counter mode (SP 800-38A, RFC 3686) and GCM (SP 800-38D), everywhere."""

# NIST SP 800-38A, appendix F: key, plaintext and results of F.1.5 (ECB-AES256) and F.5.5 (CTR-AES256).
KEY = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
PLAINTEXT = (
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
ECB_CIPHERTEXT = (
    "f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870"
    "b6ed21b99ca6f4f9f153e7b1beafed1d23304b7a39f9f3ff067d8d8f9e24ecc7"
)
COUNTER = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
CTR_CIPHERTEXT = (
    "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
    "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6"
)


def test_ecb_agrees_with_sp_800_38a(check_vectors):
    check_vectors(
        [{"name": "F.1.5", "do": "aes_ecb", "key": KEY, "plaintext": PLAINTEXT, "expect": ECB_CIPHERTEXT}]
    )


def test_ecb_agrees_with_nist_multiblock_vectors(check_vectors, read_vectors):
    encryptions = list(read_vectors("ciphers/AES/ECB/ECBMMT256.rsp", first="COUNT"))[:10]
    check_vectors(
        {
            "name": f"MMT {v['COUNT']}",
            "do": "aes_ecb",
            "key": v["KEY"],
            "plaintext": v["PLAINTEXT"],
            "expect": v["CIPHERTEXT"].lower(),
        }
        for v in encryptions
    )


def test_counter_mode_agrees_with_sp_800_38a(check_vectors):
    case = {"name": "F.5.5", "do": "aes_ctr", "key": KEY, "counter": COUNTER}
    check_vectors([case | {"plaintext": PLAINTEXT, "expect": CTR_CIPHERTEXT}])


def test_counter_mode_agrees_with_rfc_3686(check_vectors, read_vectors):
    check_vectors(
        {
            "name": f"RFC 3686, {v['COUNT']}",
            "do": "aes_ctr",
            "key": v["KEY"],
            "counter": v["IV"],
            "plaintext": v["PLAINTEXT"],
            "expect": v["CIPHERTEXT"].lower(),
        }
        for v in read_vectors("ciphers/AES/CTR/aes-256-ctr.txt", first="COUNT")
    )


def test_gcm_agrees_with_nist_vectors_of_every_length(check_vectors, read_vectors):
    vectors = [
        v
        for v in read_vectors("ciphers/AES/GCM/gcmEncryptExtIV256.rsp", first="Count")
        if (v["IVlen"], v["Taglen"]) == ("96", "128")
    ]
    assert {v["PTlen"] for v in vectors} == {"0", "104", "128", "256", "408"}
    assert {v["AADlen"] for v in vectors} == {"0", "128", "160", "384", "720"}
    check_vectors(
        {
            "name": f"plaintext {v['PTlen']}, aad {v['AADlen']}, {v['Count']}",
            "do": "gcm",
            "key": v["Key"],
            "nonce": v["IV"],
            "plaintext": v["PT"],
            "aad": v["AAD"],
            "expect": v["CT"] + v["Tag"],
        }
        for v in vectors
    )
