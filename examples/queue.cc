// SPDX-License-Identifier: MIT
//
// libvmap from C++: a queue of numbers of any length, as text, in a bounded ring: queue
//
// Shows a ring in a class that owns it, and errors as exceptions.
//
//     c++ queue.cc $(pkg-config --cflags --libs vmap) -o queue
#include <cerrno>
#include <iostream>
#include <stdexcept>
#include <string>

#include <vmap/vmap.h>

namespace {

class Queue {
public:
	explicit Queue(size_t capacity)
	{
		if (vmap_ring_create(capacity, VMAP_RING_BOUNDED, &ring) < 0) {
			vmap_error error = vmap_last_error();
			char text[200];
			vmap_error_describe(&error, text, sizeof(text));
			throw std::runtime_error(text);
		}
	}

	~Queue() { vmap_ring_destroy(ring); }

	Queue(const Queue &) = delete;
	Queue &operator=(const Queue &) = delete;

	// False: there is no room just now.
	bool push(const std::string &item)
	{
		const std::string line = item + '\n';
		return vmap_ring_write_all(ring, line.data(), line.size()) == 0;
	}

	// "": there is none.
	std::string pop()
	{
		const vmap_span line = vmap_ring_take_line(ring);
		return line.len == 0 ? "" : std::string(static_cast<const char *>(line.data), line.len - 1);
	}

private:
	vmap_ring *ring = nullptr;
};

} // namespace

int main()
try {
	Queue queue(4096);
	unsigned long in = 0;
	unsigned long out = 0;
	while (in < 100000) {
		while (in < 100000 && queue.push(std::to_string(in)))
			in++;
		for (std::string item; !(item = queue.pop()).empty(); out++)
			if (item != std::to_string(out))
				throw std::runtime_error("out of order: " + item);
	}
	std::cout << out << " numbers in order, libvmap " << vmap_version() << '\n';
	return 0;
} catch (const std::exception &error) {
	std::cerr << "queue: " << error.what() << '\n';
	return 1;
}
