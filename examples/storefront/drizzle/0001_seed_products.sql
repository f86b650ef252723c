INSERT INTO "products" ("slug", "name", "description", "price_cents", "image") VALUES
	('gooseneck-kettle', 'Gooseneck kettle', 'A thin spout and a slow, steady pour. Holds 0.9 litres and keeps its heat while you take your time.', 6400, '/art/gooseneck-kettle.svg'),
	('ceramic-dripper', 'Ceramic dripper', 'A heavy cone that stays warm through the whole brew. One to three cups, standard paper filters.', 2850, '/art/ceramic-dripper.svg'),
	('hand-grinder', 'Hand grinder', 'Steel burrs, forty clicks from espresso to cold brew, and a handle that folds away for the road.', 8900, '/art/hand-grinder.svg'),
	('glass-carafe', 'Glass carafe', 'Clear, light and easy to hold. The walnut collar keeps fingers cool; half a litre keeps two people happy.', 3900, '/art/glass-carafe.svg'),
	('moka-pot', 'Moka pot', 'Six cups of dark, strong coffee on any stove. Polished aluminium that only gets better with age.', 4250, '/art/moka-pot.svg'),
	('stoneware-mug', 'Stoneware mug', 'Thrown by hand, glazed in oat white. Every one is a little different, all of them hold 300 millilitres.', 1895, '/art/stoneware-mug.svg'),
	('brew-scale', 'Brew scale', 'Weighs to a tenth of a gram and times the pour. Charges over USB-C, lasts a month of mornings.', 5600, '/art/brew-scale.svg'),
	('house-blend', 'House blend, 500 g', 'Cocoa, hazelnut and a little orange peel. Roasted on Tuesdays, sent on Wednesdays, whole beans.', 1650, '/art/house-blend.svg');
