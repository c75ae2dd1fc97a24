"""HMAC-SHA-256 against RFC 4231 and HKDF-SHA-256 against RFC 5869, on every interpreter."""


def test_hmac_agrees_with_rfc_4231(check_vectors, read_vectors):
    vectors = list(read_vectors("HMAC/rfc-4231-sha256.txt", first="Len"))
    assert len(vectors) == 6
    check_vectors(
        {"name": f"length {v['Len']}", "do": "hmac", "key": v["Key"], "message": v["Msg"], "expect": v["MD"]}
        for v in vectors
    )


def test_hkdf_agrees_with_rfc_5869(check_vectors, read_vectors):
    vectors = list(read_vectors("KDF/rfc-5869-HKDF-SHA256.txt", first="COUNT"))
    assert len(vectors) == 3
    check_vectors(
        {
            "name": f"test case {v['COUNT']}",
            "do": "hkdf",
            "ikm": v["IKM"],
            "salt": v["salt"],
            "info": v["info"],
            "length": int(v["L"]),
            "expect": v["PRK"] + v["OKM"],
        }
        for v in vectors
    )
