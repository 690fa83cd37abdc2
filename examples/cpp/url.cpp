// SPDX-License-Identifier: Apache-2.0
// Reads a URL on each line, parses it as browsers do (WHATWG, with the Ada
// library) and prints the parts. The status is 1 if one of them was no URL.
#include "ada.h"

#include <iostream>
#include <string>

static void print(const char *name, std::string_view value)
{
    if (!value.empty())
        std::cout << "  " << name << ' ' << value << '\n';
}

int main()
{
    int status = 0;
    for (std::string line; std::getline(std::cin, line);) {
        auto url = ada::parse<ada::url_aggregator>(line);
        if (!url) {
            std::cout << line << "\n  is no URL\n";
            status = 1;
            continue;
        }
        std::cout << url->get_href() << '\n';
        print("protocol", url->get_protocol());
        print("username", url->get_username());
        print("hostname", url->get_hostname());
        print("port", url->get_port());
        print("pathname", url->get_pathname());
        print("search", url->get_search());
        print("hash", url->get_hash());
    }
    return status;
}
