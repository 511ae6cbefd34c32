// The digest against the examples of FIPS 180-4 and of lengths around its block.
#include <string>

#include "check.h"

using namespace check;

namespace {

std::string digest(const std::string& text) {
    uint8_t hash[32];
    s4j_sha256(reinterpret_cast<const uint8_t*>(text.data()), static_cast<int64_t>(text.size()), hash);
    std::string hex;
    for (const uint8_t byte : hash)
        for (const int digit : {byte >> 4, byte & 15}) hex += "0123456789abcdef"[digit];
    return hex;
}

}  // namespace

int main() {
    CHECK_TEXT(digest("").c_str(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK_TEXT(digest("abc").c_str(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK_TEXT(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").c_str(),
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK_TEXT(digest(std::string(1'000'000, 'a')).c_str(),
               "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    CHECK_TEXT(digest(std::string(55, 'b')).c_str(),
               "eb2c86e932179f4ba13fe8715a26124b77d6bad290b9b4c1cc140cf633300c19");
    CHECK_TEXT(digest(std::string(56, 'b')).c_str(),
               "a5fc6e203a4c2b657d0d153885932414b2ffc6a93f0f8bf8b3183315e5a7212c");
    CHECK_TEXT(digest(std::string(63, 'b')).c_str(),
               "94e419fabac7f930810f9636354042f8c1426d2f834d4ab65c93dc1e69326b13");
    CHECK_TEXT(digest(std::string(64, 'b')).c_str(),
               "a0fab1377f49a759b57f63318262ebe89fabfc990e8e93ceac2984561482b9d4");
    CHECK_TEXT(digest(std::string(65, 'b')).c_str(),
               "74b128f30cf83de43ddf4aafc40c7b50a7443d3c73a89a7cfca17e15e43d51ab");
    return finish("sha256");
}
