// What nearly every file needs, parsed once. Asio and Beast stay out: one file in six uses them,
// and what they leave to be instantiated costs each of the others a second.
#pragma once
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

// The members of the class are compiled once, in json.cpp.
extern template class nlohmann::basic_json<>;

// The overloads our files ask for, resolved here once: choosing among the constructors and
// operators of nlohmann::json is most of what a file with a JSON literal costs. Nothing of this is
// evaluated.
namespace enibox::precompiled {
using Json = nlohmann::json;
template <typename T>
T of();

template <typename T>
using Put = std::void_t<decltype(Json(of<T>())), decltype(of<Json&>() = of<T>())>;
using Puts =
    std::void_t<Put<const char (&)[5]>, Put<std::string>, Put<std::string&>,
                Put<const std::string&>, Put<std::string_view>, Put<bool>, Put<int>, Put<unsigned>,
                Put<long>, Put<unsigned long>, Put<double>, Put<std::nullptr_t>, Put<Json>,
                Put<Json&>, Put<const Json&>, Put<Json::array_t>, Put<Json::object_t>,
                Put<std::vector<std::string>>, Put<const std::vector<std::string>&>,
                Put<std::map<std::string, std::string>>>;
using Literals =
    std::void_t<decltype(Json{{"a", "b"}, {"c", 1}, {"d", of<std::string>()}, {"e", of<Json>()}}),
                decltype(Json::array({"a"})), decltype(Json::object({{"a", 1}}))>;

using Reader = const Json&;
template <typename T>
using Get = decltype(of<Reader>().template get<T>());
using Gets = std::void_t<Get<std::string>, Get<bool>, Get<int>, Get<long>, Get<double>,
                         decltype(of<Reader>().get_ref<const std::string&>())>;
template <typename Key>
using Look = std::void_t<
    decltype(of<Json&>()[of<Key>()]), decltype(of<Reader>()[of<Key>()]),
    decltype(of<Reader>().at(of<Key>())), decltype(of<Reader>().find(of<Key>())),
    decltype(of<Reader>().contains(of<Key>())), decltype(of<Reader>().value(of<Key>(), "a")),
    decltype(of<Reader>().value(of<Key>(), of<std::string>())),
    decltype(of<Reader>().value(of<Key>(), 1)), decltype(of<Reader>().value(of<Key>(), true)),
    decltype(of<Reader>().value(of<Key>(), of<Json>()))>;
using Looks = std::void_t<Look<const char (&)[5]>, Look<const std::string&>>;
using Rest =
    std::void_t<decltype(of<Reader>() == "a"), decltype(of<Reader>() == 1),
                decltype(of<Reader>() == of<Reader>()), decltype(of<Json&>().push_back(of<Json>())),
                decltype(of<Json&>().emplace_back("a")), decltype(of<Reader>().dump()),
                decltype(Json::parse(of<const std::string&>())),
                decltype(Json::parse(of<std::string_view>(), nullptr, false))>;
}  // namespace enibox::precompiled
